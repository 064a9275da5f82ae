/**
 * What a machine whose certificate says `worker` may say to others, whatever its program is: it runs tasks, and so reports, offers results and
 * fetches what it needs. It does not coordinate, vote, submit, or change anything for others; what the table does not name it may not.
 */
import { type Frame, frameTypes } from '../wire/frame.ts';

type Kind = 'message' | 'request' | 'reply';
/** The `type` members that may be said; `any` where all may, or bodies have none. */
type Words = readonly string[] | 'any';

export const workerPowers: { readonly [protocol: string]: { readonly [kind in Kind]?: Words } } = {
  // Of itself alone, and of no term (daemon/membership/credence.ts).
  '/supervm/membership/1': { message: 'any' },
  // What is here and what is asked for; no entry enters by it.
  '/supervm/records/1': { message: 'any', request: ['pull'], reply: ['stored'] },
  '/supervm/election/1': { request: ['look', 'stand'], reply: ['seat', 'stands'] },
  '/supervm/work/1': { reply: 'any' },
  '/supervm/coordination/1': { message: ['report'], request: ['report', 'offer', 'failed', 'overview', 'why'] },
  // Nobody fetches and keeps what it names, but for the results that it offers.
  '/supervm/blobs/1': { request: ['read', 'locate'], reply: 'any' },
  '/supervm/machines/1': { message: ['holds'] },
  '/supervm/logs/1': { request: 'any', reply: 'any' },
  '/supervm/upkeep/1': { request: ['copies'] },
  '/supervm/peer-checks/1': { request: 'any', reply: 'any' },
  '/supervm/node-control/1': { reply: 'any' },
};

const kinds: { readonly [type: number]: Kind } = { [frameTypes.message]: 'message', [frameTypes.request]: 'request', [frameTypes.reply]: 'reply' };

/** `body`: what the frame carries, decoded. */
export function mayWorkerSay(protocol: string, { type }: Pick<Frame, 'type'>, body: unknown): boolean {
  const kind = kinds[type];
  const words = kind === undefined ? undefined : workerPowers[protocol]?.[kind];
  if (words === undefined || words === 'any') return words === 'any';
  const word = typeof body === 'object' && body !== null && 'type' in body ? body.type : undefined;
  return words.some((known) => known === word);
}
