/** A clock that moves only when told: timers run in order, and everything they set off in promises is done before the next one. */
import type { Clock, Timer } from '../../daemon/clock.ts';
import { type Event, EventHeap } from './event-heap.ts';

/** Resolves when every promise that can settle without the clock has settled. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * As `settle` where nothing waits for the system: a tick comes after all that promises can do, and costs a small part of a turn of the
 * event loop. Rejections that nobody handles are told of only at the next turn.
 */
export function settleInOneTurn(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

export class VirtualClock implements Clock {
  private readonly events = new EventHeap();
  private time = 0;
  private order = 0;
  private readonly epoch: number;
  private readonly settle: () => Promise<void>;

  /** `epoch`: what `wall()` says at the start, Unix milliseconds. `settled`: how promises are waited for after each event. */
  constructor(epoch = 1_700_000_000_000, settled = settle) {
    this.epoch = epoch;
    this.settle = settled;
  }

  now(): number {
    return this.time;
  }

  wall(): number {
    return this.epoch + Math.floor(this.time);
  }

  after(milliseconds: number, run: () => void): Timer {
    const event: Event = { time: this.time + Math.max(0, milliseconds), order: this.order++, run, cancelled: false };
    this.events.push(event);
    return {
      cancel: () => {
        event.cancelled = true;
      },
    };
  }

  every(milliseconds: number, run: () => void): Timer {
    if (!(milliseconds > 0)) throw new RangeError(`an interval of ${milliseconds} ms never ends`);
    let timer: Timer;
    const again = (): void => {
      timer = this.after(milliseconds, again);
      run();
    };
    timer = this.after(milliseconds, again);
    return { cancel: () => timer.cancel() };
  }

  /** Runs what is due within the next `milliseconds`, in order; afterwards that much time has passed. */
  async advance(milliseconds: number): Promise<void> {
    await this.runUntil(() => false, milliseconds);
  }

  /** Runs until `predicate` holds (looked at after every event) or `limitMs` passed; says whether it holds. Time stops at the event that made it true. */
  async runUntil(predicate: () => boolean, limitMs: number): Promise<boolean> {
    const end = this.time + limitMs;
    await settle();
    for (;;) {
      if (predicate()) return true;
      const next = this.events.peek();
      if (next === undefined || next.time > end) break;
      this.events.pop();
      this.time = next.time;
      next.run();
      await this.settle();
    }
    this.time = end;
    return predicate();
  }
}
