/** Which outcomes their coordinators said to be settled, since this node started. */
import type { Ended } from '../../src/model/facts.ts';
import { sameTerm } from '../../src/model/term.ts';
import type { SettledNotice } from '../wire/coordination-protocol.ts';
import type { OutcomesKnown } from './coordination.ts';

/** Only jobs that end while somebody waits for them matter. */
const mostKnown = 10_000;

export class SettledOutcomes implements OutcomesKnown {
  /** By job; the newest last. */
  readonly #known = new Map<string, SettledNotice>();

  learn(notice: SettledNotice): void {
    this.#known.delete(notice.job);
    this.#known.set(notice.job, notice);
    const [oldest] = this.#known.keys();
    if (this.#known.size > mostKnown && oldest !== undefined) this.#known.delete(oldest);
  }

  isSettled({ job, generation, term }: Ended): boolean {
    const known = this.#known.get(job);
    return known !== undefined && known.generation === generation && sameTerm(known.term, term);
  }
}
