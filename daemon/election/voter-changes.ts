/** Makes lasting machines voters, one at a time, lists anew a voter whose store is another one, and drops one that was removed from the cluster. */
import type { NodeId } from '../../src/model/job.ts';
import { hasRecordRoom } from '../../src/model/resources.ts';
import { isMajority, type Voter, type Voters } from '../../src/model/voters.ts';
import { nextVoter, type VoterCandidate } from './choose-voters.ts';
import type { ElectionNeeds } from './needs.ts';
import { electionProtocol } from './protocol.ts';
import type { Quorum } from './quorum.ts';

/** A machine that comes and goes within this time is none to count on. */
const steadyMs = 3_000;
const answerMs = 1_000;
/** How long the new majority is waited for to have the records; told by its heads, every ten seconds at the latest. */
const heldMs = 12_000;

export class VoterChanges {
  readonly #self: NodeId;
  readonly #needs: ElectionNeeds;
  #looking = false;

  constructor(options: { readonly self: NodeId }, needs: ElectionNeeds) {
    this.#self = options.self;
    this.#needs = needs;
  }

  /** Begins the next change, if one is due and none is under way. */
  async look(quorum: Quorum): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const record = quorum.changeable();
      const next = record === undefined ? undefined : await this.#next(record, quorum);
      if (next !== undefined && (await this.#areCaughtUp(next)) && quorum.changeable() === record) await quorum.change(next);
    } finally {
      this.#looking = false;
    }
  }

  /** Without a voter that will not return. False when the others lack records that only it may have, or the last change is not sure yet. */
  async drop(quorum: Quorum, node: NodeId): Promise<boolean> {
    const record = quorum.changeable();
    const voters = record?.voters.filter((voter) => voter.node !== node) ?? [];
    if (record === undefined || record.forced === true || voters.length === 0 || !(await this.#areCaughtUp(voters))) return false;
    await quorum.change(voters);
    return true;
  }

  async #next(record: Voters, quorum: Quorum): Promise<readonly Voter[] | undefined> {
    // A quorate term's record is with a majority of its own: how it was made no longer matters.
    if (record.forced === true) return record.voters;
    const isOther = ({ node, store }: Voter): boolean => (quorum.storeOf(node) ?? store) !== store;
    const stale = record.voters.find((voter) => this.#needs.isExpelled(voter.node) || isOther(voter));
    if (stale !== undefined) return record.voters.length === 1 ? undefined : record.voters.filter((voter) => voter !== stale);
    const node = nextVoter(record, this.#candidates());
    if (node === undefined) return undefined;
    const store = await this.#storeOf(node);
    return store === undefined ? undefined : [...record.voters, { node, store }];
  }

  async #storeOf(node: NodeId): Promise<string | undefined> {
    const { messenger, memory } = this.#needs;
    if (node === this.#self) return memory.storeId();
    const reply = await messenger.request(node, electionProtocol, { type: 'look' }, answerMs).catch(() => undefined);
    return reply?.type === 'seat' ? reply.store : undefined;
  }

  /** Whatever was settled with the old majority must be with the new one before that counts alone. */
  #areCaughtUp(voters: readonly Voter[]): Promise<boolean> {
    const { memory } = this.#needs;
    const positions = memory.positions();
    return memory.whenHeld(() => isMajority(voters, ({ node }) => memory.holds(node, positions)), heldMs);
  }

  #candidates(): readonly VoterCandidate[] {
    const { membership, clock, isExpelled } = this.#needs;
    const isSteady = (node: NodeId, reachability: string, since: number): boolean =>
      node === this.#self || (reachability === 'alive' && clock.now() - since >= steadyMs);
    const members = membership.members().filter(({ facts }) => facts.role !== 'worker' && !isExpelled(facts.id));
    return members.map(({ facts, reachability, since }) => ({
      node: facts.id,
      host: facts.host,
      incarnation: facts.incarnation,
      hasRoom: hasRecordRoom(facts.inventory),
      isSteady: isSteady(facts.id, reachability, since),
    }));
  }
}
