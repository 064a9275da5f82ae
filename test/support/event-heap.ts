/** A binary heap of events ordered by time, then by the order in which they were added. */

export interface Event {
  readonly time: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

const before = (a: Event, b: Event): boolean => a.time < b.time || (a.time === b.time && a.order < b.order);

export class EventHeap {
  private readonly events: Event[] = [];

  get size(): number {
    return this.events.length;
  }

  push(event: Event): void {
    const { events } = this;
    let place = events.length;
    events.push(event);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = events[parent] as Event;
      if (!before(event, above)) break;
      events[place] = above;
      place = parent;
    }
    events[place] = event;
  }

  /** The next event that was not cancelled, left in place. */
  peek(): Event | undefined {
    while (this.events[0]?.cancelled) this.pop();
    return this.events[0];
  }

  pop(): Event | undefined {
    const { events } = this;
    const first = events[0];
    const last = events.pop();
    if (last === undefined || events.length === 0) return first;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      if (left >= events.length) break;
      const right = left + 1;
      const child = right < events.length && before(events[right] as Event, events[left] as Event) ? right : left;
      if (!before(events[child] as Event, last)) break;
      events[place] = events[child] as Event;
      place = child;
    }
    events[place] = last;
    return first;
  }
}
