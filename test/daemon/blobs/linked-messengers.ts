/** Messengers joined directly, for tests of what is said: no time passes, bodies go through the real schemas. */

import type { Messenger, Protocol, Service } from '../../../daemon/wire/messenger.ts';
import { SupervmError } from '../../../src/model/errors.ts';
import type { NodeId } from '../../../src/model/job.ts';

export class LinkedMessengers {
  readonly down = new Set<NodeId>();
  /** Every request made, in order. */
  readonly requests: { readonly from: NodeId; readonly to: NodeId; readonly request: unknown }[] = [];
  outstanding = 0;
  mostOutstanding = 0;
  readonly #services = new Map<string, Map<NodeId, (from: NodeId, request: unknown) => Promise<unknown>>>();
  readonly #nodes: NodeId[] = [];

  join(self: NodeId): Messenger {
    this.#nodes.push(self);
    return {
      self,
      connected: () => this.#nodes.filter((node) => node !== self && !this.down.has(node)),
      send: () => {},
      onPeer: () => {},
      serve: (protocol, service) => this.#serve(self, protocol, service),
      request: (to, protocol, request) => this.#request(self, to, protocol, request),
    };
  }

  #serve<M, Q, R>(self: NodeId, protocol: Protocol<M, Q, R>, service: Service<M, Q, R>): void {
    const services = this.#services.get(protocol.id) ?? new Map();
    this.#services.set(protocol.id, services);
    services.set(self, (from: NodeId, request: unknown) => {
      if (service.onRequest === undefined) throw new Error('serves no requests');
      return service.onRequest(from, protocol.request.parse(request));
    });
  }

  async #request<M, Q, R>(from: NodeId, to: NodeId, protocol: Protocol<M, Q, R>, request: Q): Promise<R> {
    this.requests.push({ from, to, request });
    this.outstanding += 1;
    this.mostOutstanding = Math.max(this.mostOutstanding, this.outstanding);
    try {
      const serve = this.#services.get(protocol.id)?.get(to);
      if (serve === undefined || this.down.has(to)) throw new SupervmError('peer-unreachable', to);
      const reply = await serve(from, request).catch((cause: unknown) => {
        throw new SupervmError('peer-refused', cause instanceof Error ? cause.message : String(cause));
      });
      if (this.down.has(to)) throw new SupervmError('peer-unreachable', to);
      return protocol.reply.parse(reply);
    } finally {
      this.outstanding -= 1;
    }
  }
}
