/** One own term, from taking the seat to losing it: its standing with the voters, told to everybody, and the changes of the voters. */
import type { NodeId } from '../../src/model/job.ts';
import type { Voters } from '../../src/model/voters.ts';
import type { Timer } from '../clock.ts';
import type { ElectionNeeds } from './needs.ts';
import { electionProtocol } from './protocol.ts';
import { Quorum, type QuorumNeeds, type QuorumOptions } from './quorum.ts';
import { VoterChanges } from './voter-changes.ts';
import type { VotingSeat } from './voting-seat.ts';

export interface ReignNeeds extends ElectionNeeds, Pick<QuorumNeeds, 'outbid' | 'isLost'> {
  readonly seat: VotingSeat;
  /** Whether the term is quorate may have changed. */
  changed(): void;
}

export interface ReignOptions extends QuorumOptions {
  readonly pace: 'busy' | 'idle';
  readonly founding: 'now' | 'later' | undefined;
}

/** Time for those who know of voters to say so. */
const foundAfterMs = 10_000;

export class Reign {
  readonly quorum: Quorum;
  readonly changes: VoterChanges;
  readonly #options: ReignOptions;
  readonly #needs: ReignNeeds;
  #told = '';
  #founding: Timer | undefined;
  #over = false;

  constructor(options: ReignOptions, needs: ReignNeeds) {
    this.#options = options;
    this.#needs = needs;
    this.quorum = new Quorum(options, { ...needs, changed: (news) => this.#changed(news) });
    this.changes = new VoterChanges(options, needs);
  }

  begin(): void {
    const { messenger } = this.#needs;
    for (const peer of messenger.connected()) messenger.send(peer, electionProtocol, { type: 'term', term: this.#options.term });
    this.quorum.begin();
    if (this.#options.founding !== undefined) this.#founding = this.#needs.clock.after(foundAfterMs, () => this.#found());
  }

  /** A higher term of this very node follows. */
  leave(): void {
    this.#over = true;
    this.#founding?.cancel();
    this.quorum.end();
  }

  /** Nothing is relied on any more: the voters may grant the next one at once. */
  end(): void {
    const { seat, messenger } = this.#needs;
    const { self, term } = this.#options;
    this.leave();
    seat.release(term);
    const others = (seat.voters()?.voters ?? []).filter(({ node }) => node !== self);
    for (const { node } of others) messenger.send(node, electionProtocol, { type: 'resign', term });
  }

  tell(peer: NodeId): void {
    this.#needs.messenger.send(peer, electionProtocol, { type: 'standing', term: this.#options.term, ...this.quorum.standing() });
  }

  #found(): void {
    const { seat, memory } = this.#needs;
    if (seat.voters() === undefined) void this.quorum.force([{ node: this.#options.self, store: memory.storeId() }]);
  }

  #changed(news: Voters | undefined): void {
    if (this.#over) return;
    const { messenger, seat } = this.#needs;
    for (const { node } of seat.voters()?.voters ?? []) {
      const store = this.quorum.storeOf(node);
      if (store !== undefined) seat.promises.granted(node, store, this.#options.term);
    }
    const standing = JSON.stringify(this.quorum.standing());
    const isNew = standing !== this.#told;
    this.#told = standing;
    for (const peer of messenger.connected()) {
      if (news !== undefined) messenger.send(peer, electionProtocol, { type: 'voters', voters: news });
      if (isNew) this.tell(peer);
    }
    this.#needs.changed();
    void this.changes.look(this.quorum);
  }
}
