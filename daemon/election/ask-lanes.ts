/** Asks each voter one thing at a time: what is to be said meanwhile waits for the answer, and only the last of it is said. */
import type { NodeId, Term } from '../../src/model/job.ts';
import type { Voters } from '../../src/model/voters.ts';
import type { Clock, Messenger } from './needs.ts';
import { type Answer, type Ask, electionProtocol } from './protocol.ts';
import type { VotingSeat } from './voting-seat.ts';

export interface Granted {
  readonly type: 'granted';
  /** The how-manieth question this answered, of all. */
  readonly asked: number;
  /** Clock milliseconds at which it was asked. */
  readonly sentAt: number;
  readonly store: string;
  readonly voters: Voters | undefined;
}

export interface AskLanesNeeds {
  readonly clock: Clock;
  readonly messenger: Pick<Messenger, 'request'>;
  /** This node's own word, if it is a voter. */
  readonly seat: VotingSeat;
  answered(node: NodeId, answer: Granted | { readonly type: 'outbid'; readonly by: Term }): void;
}

interface Lane {
  asking: boolean;
  next: Ask | undefined;
  answer: Granted | undefined;
}

export class AskLanes {
  readonly #options: { readonly self: NodeId; readonly answerMs: number };
  readonly #needs: AskLanesNeeds;
  readonly #lanes = new Map<NodeId, Lane>();
  readonly #waiting = new Set<() => void>();
  #asked = 0;
  #over = false;

  constructor(options: { readonly self: NodeId; readonly answerMs: number }, needs: AskLanesNeeds) {
    this.#options = options;
    this.#needs = needs;
  }

  /** How many questions were asked so far. */
  get asked(): number {
    return this.#asked;
  }

  /** The last one that granted. */
  answer(node: NodeId): Granted | undefined {
    return this.#lanes.get(node)?.answer;
  }

  end(): void {
    this.#over = true;
    this.#look();
  }

  /** Resolves once each of the nodes has granted what was asked after the first `asked` questions, or after `waitMs`. */
  granted(nodes: readonly NodeId[], asked: number, waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        this.#waiting.delete(look);
        resolve();
      };
      const look = (): void => {
        if (this.#over || nodes.every((node) => (this.answer(node)?.asked ?? 0) > asked)) end();
      };
      const timer = this.#needs.clock.after(waitMs, end);
      this.#waiting.add(look);
      look();
    });
  }

  ask(node: NodeId, ask: Ask): void {
    const lane = this.#lanes.get(node) ?? { asking: false, next: undefined, answer: undefined };
    this.#lanes.set(node, lane);
    lane.next = ask;
    if (!lane.asking) void this.#work(node, lane);
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }

  async #work(node: NodeId, lane: Lane): Promise<void> {
    lane.asking = true;
    for (let ask = lane.next; ask !== undefined && !this.#over; ask = lane.next) {
      lane.next = undefined;
      this.#asked += 1;
      const asked = this.#asked;
      const sentAt = this.#needs.clock.now();
      const answer = await this.#request(node, ask).catch(() => undefined);
      if (this.#over || answer === undefined) continue;
      if (answer.type === 'granted') {
        lane.answer = { type: 'granted', asked, sentAt, store: answer.store, voters: answer.voters };
        this.#needs.answered(node, lane.answer);
        this.#look();
      } else if (answer.reason === 'lower' && answer.term !== undefined) this.#needs.answered(node, { type: 'outbid', by: answer.term });
    }
    lane.asking = false;
  }

  async #request(node: NodeId, ask: Ask): Promise<Answer | undefined> {
    const { messenger, seat } = this.#needs;
    if (node === this.#options.self) return seat.ask(ask);
    const reply = await messenger.request(node, electionProtocol, ask, this.#options.answerMs);
    return reply.type === 'granted' || reply.type === 'refused' ? reply : undefined;
  }
}
