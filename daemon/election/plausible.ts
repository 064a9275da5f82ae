/**
 * Which terms and records of voters an honest cluster can have come to. Numbers rise by one; one that lies where no election ever leads would leave
 * no room above it, and nobody could ever claim again.
 */
import type { Term } from '../../src/model/job.ts';
import { highestBelieved } from '../../src/model/term.ts';
import type { Voters } from '../../src/model/voters.ts';
import type { Clock } from '../clock.ts';
import { TokenBucket } from '../wire/token-bucket.ts';

/** Who knows of no term yet follows a cluster to which somebody lied up to there. */
const newcomersMore = 2 ** 20;
/** Above it a term may only be as much higher than those known as elections since. */
const steps = { perSecond: 1, burst: 64 };

/** The voters change by one at a time, each time by a person or a machine that came. */
const highestVoters = 2 ** 20;
const mostChangesMissed = 1_024;

export class PlausibleTerms {
  readonly #clock: Clock;
  readonly #steps: TokenBucket;

  constructor(needs: { readonly clock: Clock }) {
    this.#clock = needs.clock;
    this.#steps = new TokenBucket(steps, needs.clock.now());
  }

  /** `known`: the highest so far. What is believed is to be learnt: it has used up its steps. */
  believes(term: Term, known: Term | undefined): boolean {
    const floor = Math.max(highestBelieved + (known === undefined ? newcomersMore : 0), known?.number ?? 0);
    const more = term.number - floor;
    if (more <= 0) return true;
    if (this.#steps.take(more, this.#clock.now()) >= 0) return true;
    this.#steps.giveBack(more);
    return false;
  }
}

/** `known`: the record that is held here. */
export function isPlausible(told: Voters, known: Voters | undefined): boolean {
  return told.number <= Math.max(highestVoters, (known?.number ?? 0) + mostChangesMissed);
}
