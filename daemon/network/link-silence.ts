/** What one side of a connection does about silence: TCP alone would take minutes to notice a cut link. */
import type { Clock } from '../clock.ts';

/** A peer that was asked has so long to answer before it is cut. */
const answerMs = 2_500;

/**
 * Peers tell of their records every 10 s, in a large cluster every 60 s (daemon/records/replication.ts), and those that watch each
 * other far more often: a link that is silent for longer is asked.
 */
const silenceMs = 10_500;
const silenceInLargeMs = 60_500;
const smallCluster = 16;

/** `peers`: how many are connected. */
export function usualSilenceMs(peers: number): number {
  return peers < smallCluster ? silenceMs : silenceInLargeMs;
}

export interface LinkSilenceNeeds {
  readonly clock: Clock;
  /** A peer that says nothing for so long is asked. */
  silenceMs(): number;
  /** Sends a ping. */
  ask(): void;
}

export class LinkSilence {
  readonly #needs: LinkSilenceNeeds;
  readonly #challenges: ((lives: boolean) => void)[] = [];
  #heardAt: number;
  #asked = false;

  constructor(needs: LinkSilenceNeeds) {
    this.#needs = needs;
    this.#heardAt = needs.clock.now();
  }

  /** Something came. */
  heard(): void {
    this.#heardAt = this.#needs.clock.now();
    this.#asked = false;
  }

  /** An answer to a ping came. */
  answered(): void {
    this.#settle(true);
  }

  /**
   * Asks a peer that has been silent for long; returns the milliseconds of silence when it was asked in vain. `late`: this node slept or was
   * busy, so the silence proves nothing, but the peer may have gone meanwhile: it is asked now.
   */
  check(late: boolean): number | undefined {
    const now = this.#needs.clock.now();
    const mostMs = this.#needs.silenceMs();
    if (late) {
      this.#heardAt = now - mostMs;
      this.#ask();
    }
    if (now - this.#heardAt > mostMs + answerMs && this.#asked) return now - this.#heardAt;
    if (now - this.#heardAt > mostMs && !this.#asked) this.#ask();
    return undefined;
  }

  /** Resolves with whether the peer answers within `milliseconds`; with false when the connection ends. */
  challenge(milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#needs.clock.after(milliseconds, () => resolve(false));
      this.#challenges.push((lives) => {
        timer.cancel();
        resolve(lives);
      });
      this.#needs.ask();
    });
  }

  /** The connection is over. */
  end(): void {
    this.#settle(false);
  }

  #ask(): void {
    this.#asked = true;
    this.#needs.ask();
  }

  #settle(lives: boolean): void {
    for (const tell of this.#challenges.splice(0)) tell(lives);
  }
}
