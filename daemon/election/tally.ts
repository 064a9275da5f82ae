/** What the answers of voters amount to. Pure. */
import type { NodeId } from '../../src/model/job.ts';
import { compareVoters, isQuorum, type Voter, type Voters } from '../../src/model/voters.ts';
import type { Granted } from './ask-lanes.ts';

/** The last answer of each that granted the term. */
export type Answers = (node: NodeId) => Granted | undefined;

/** Of the voter as it is listed: what its node says under another store id is not its word. */
export function grantOf(answers: Answers, { node, store }: Voter): Granted | undefined {
  const answer = answers(node);
  return answer?.store === store ? answer : undefined;
}

/** Has the voter this record of the voters, or a newer one, on disk? */
export function hasRecord(answers: Answers, voter: Voter, record: Voters): boolean {
  const voters = grantOf(answers, voter)?.voters;
  return voters !== undefined && compareVoters(voters, record) >= 0;
}

/** `since`: clock milliseconds; what was asked at that time or before does not count. */
export function isRenewedSince(answers: Answers, voter: Voter, since: number): boolean {
  const sentAt = grantOf(answers, voter)?.sentAt;
  return sentAt !== undefined && sentAt > since;
}

/** See `isQuorum`: gone is whose node answers with another store. */
export function mayActForAll(answers: Answers, voters: readonly Voter[], saysYes: (voter: Voter) => boolean): boolean {
  return isQuorum(voters, saysYes, ({ node, store }) => (answers(node)?.store ?? store) !== store);
}
