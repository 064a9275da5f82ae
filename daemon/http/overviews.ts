/** The coordinator's word on what runs, asked at most every so often however many look. */
import type { Clock, Coordination, JobOverview } from './needs.ts';

const freshMs = 400;
/** A coordinator that just vanished must not make `status` wait. */
const patienceMs = 700;

export class Overviews {
  readonly #needs: { readonly coordination: Pick<Coordination, 'overview'>; readonly clock: Clock };
  #last: readonly JobOverview[] = [];
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(needs: { readonly coordination: Pick<Coordination, 'overview'>; readonly clock: Clock }) {
    this.#needs = needs;
  }

  /** Never rejects: empty while no coordinator answers. */
  async latest(): Promise<readonly JobOverview[]> {
    const { clock } = this.#needs;
    if (this.#asking === undefined && clock.now() - this.#askedAt >= freshMs) {
      this.#askedAt = clock.now();
      this.#asking = this.#ask().finally(() => {
        this.#asking = undefined;
      });
    }
    if (this.#asking !== undefined) await this.#withPatience(this.#asking);
    return this.#last;
  }

  async #ask(): Promise<void> {
    try {
      this.#last = await this.#needs.coordination.overview(undefined);
    } catch {
      this.#last = [];
    }
  }

  #withPatience(asking: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#needs.clock.after(patienceMs, resolve);
      void asking.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}
