/** How much patience a watcher owes others because it is late itself (Lifeguard's local health). Pure but for what it remembers. */

/** Lateness is remembered this long. */
const memoryMs = 10_000;
/** More is not added, or a real loss would be noticed too late. */
const mostMs = 2_000;
/** Less is how timers are. */
const usualMs = 50;

export class Patience {
  #late: readonly { readonly at: number; readonly lateMs: number }[] = [];

  /** This node was `lateMs` late just now. */
  late(lateMs: number, now: number): void {
    if (lateMs <= usualMs) return;
    // What is older and smaller can never count again.
    this.#late = [...this.#late.filter((known) => known.lateMs > lateMs && now - known.at < memoryMs), { at: now, lateMs }];
  }

  /** To add to what is borne: the largest lateness of the last ten seconds, within a bound. */
  slackMs(now: number): number {
    const recent = this.#late.find(({ at }) => now - at < memoryMs);
    return Math.min(mostMs, recent?.lateMs ?? 0);
  }
}
