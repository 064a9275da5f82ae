/**
 * A messenger that also reaches its own node: the coordinator's worker is often the coordinator itself, and nobody
 * should need to care. What is sent to oneself skips the network, the codec and the schema, and cannot be lost.
 */
import { SupervmError } from '../../src/model/errors.ts';
import type { NodeId } from '../../src/model/job.ts';
import type { Messenger, Protocol, Service } from './messenger.ts';

type AnyService = Service<unknown, unknown, unknown>;

export function withLoopback(network: Messenger): Messenger {
  const own = new Map<string, AnyService>();
  const { self } = network;
  return {
    self,
    connected: () => network.connected(),
    ...(network.roleOf === undefined ? {} : { roleOf: network.roleOf.bind(network) }),
    onPeer: (listener) => network.onPeer(listener),
    serve<M, Q, R>(protocol: Protocol<M, Q, R>, service: Service<M, Q, R>): void {
      network.serve(protocol, service);
      own.set(protocol.id, service as AnyService);
    },
    send<M, Q, R>(to: NodeId, protocol: Protocol<M, Q, R>, message: M): void {
      // To oneself later in this turn, as from the network: whoever sends is not called back before it has finished.
      if (to === self) queueMicrotask(() => own.get(protocol.id)?.onMessage?.(self, message));
      else network.send(to, protocol, message);
    },
    /** Asked of oneself there is no time-out. */
    async request<M, Q, R>(to: NodeId, protocol: Protocol<M, Q, R>, request: Q, timeoutMs: number): Promise<R> {
      if (to !== self) return network.request(to, protocol, request, timeoutMs);
      await Promise.resolve();
      const answer = own.get(protocol.id)?.onRequest?.(self, request);
      if (answer === undefined) throw new SupervmError('peer-other-version', `${protocol.id} is not served here`);
      return answer.then((reply) => reply as R, refuse);
    },
  };
}

function refuse(error: unknown): never {
  throw new SupervmError('peer-refused', error instanceof Error ? error.message : String(error), '', { cause: error });
}
