/** On a machine that is a worker: whoever uses it may look, and nothing that the cluster would have to believe is written down. */
import { SupervmError } from '../src/model/errors.ts';
import type { ControlPlane } from './control-plane.ts';

const writes: ReadonlySet<PropertyKey> = new Set(['append', 'appendCluster']);

export function asWorker<P extends Pick<ControlPlane, 'journal' | 'submission'>>(plane: P): P {
  const journal = new Proxy(plane.journal, {
    get(target, member) {
      if (writes.has(member)) return refuse;
      const value: unknown = Reflect.get(target, member, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { ...plane, journal, submission: { ...plane.submission, journal } };
}

async function refuse(): Promise<never> {
  throw new SupervmError(
    'not-allowed',
    'this machine is a worker: it runs tasks, and changes nothing for the cluster',
    'Type it on a member. See: supervm nodes',
  );
}
