/** Claims to the coordinator's seat. */
import * as z from 'zod';
import type { Term } from '../../src/model/job.ts';
import type { Protocol } from '../wire/messenger.ts';
import { unused } from '../wire/protocols.ts';

/** The highest term its sender knows: its own fresh claim, or one that outbids what the receiver said. */
export interface ElectionMessage {
  readonly type: 'term';
  readonly term: Term;
}

const term = z.strictObject({
  number: z
    .int()
    .positive()
    .max(2 ** 48),
  node: z.string().min(1).max(128),
});

export const electionProtocol: Protocol<ElectionMessage, never, never> = {
  id: '/supervm/election/1',
  message: z.strictObject({ type: z.literal('term'), term }),
  request: unused,
  reply: unused,
  maximumBytes: 4096,
};
