/** Pausing a node from any other: each node alone changes its own facts. */
import * as z from 'zod';
import { SupervmError } from '../../src/model/errors.ts';
import type { Member, Membership, Messenger, Protocol } from './needs.ts';
import type { EndingControl } from './services.ts';

const pausing = z.strictObject({ type: z.literal('pause'), paused: z.boolean() });
const done = z.strictObject({ type: z.literal('done') });
const never = z.never();

const nodeControlProtocol: Protocol<never, z.infer<typeof pausing>, z.infer<typeof done>> = {
  id: '/supervm/node-control/1',
  message: never,
  request: pausing,
  reply: done,
  maximumBytes: 1024,
};

const patienceMs = 3000;

/** Whoever tells the members whether this node takes tasks. */
type Pauses = Pick<EndingControl, 'pause'>;

/** Call before the network starts. */
export function serveNodeControl(needs: { readonly ending: Pauses; readonly messenger: Messenger }): void {
  needs.messenger.serve(nodeControlProtocol, {
    onRequest: async (_, { paused }) => {
      needs.ending.pause(paused);
      return { type: 'done' };
    },
  });
}

/** By id, by name, or by the end of an id; one that is gone for ever only where no other is meant. Throws `node-not-found`. */
export function findNode(members: readonly Member[], text: string): Member {
  const named = members.filter(({ facts }) => facts.id === text || facts.name === text || (text.length >= 6 && facts.id.endsWith(text)));
  const here = named.filter(({ reachability }) => reachability !== 'left');
  const found = here.length > 0 ? here : named;
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const names = members.map(({ facts }) => facts.name).join(', ');
  if (only !== undefined)
    throw new SupervmError('node-not-found', `${found.length} nodes are called ${text}.`, `Use an id: ${found.map(({ facts }) => facts.id).join(', ')}`);
  throw new SupervmError('node-not-found', `No node is called ${text}.`, `Known: ${names}`);
}

export async function setPaused(
  needs: { readonly membership: Membership; readonly ending: Pauses; readonly messenger: Messenger },
  member: Member,
  paused: boolean,
): Promise<void> {
  const { id, name } = member.facts;
  if (id === needs.membership.self) return needs.ending.pause(paused);
  try {
    await needs.messenger.request(id, nodeControlProtocol, { type: 'pause', paused }, patienceMs);
  } catch (cause) {
    throw new SupervmError('peer-unreachable', `${name} cannot be reached.`, 'See: supervm nodes', { cause });
  }
}
