/** One after another, by name: between looking whether something is there and its being there, time passes. */

const queues = new WeakMap<object, Map<string, Promise<unknown>>>();

/** Runs `work` once all earlier work of this name, of the same `place`, has ended, well or badly. */
export async function inTurn<T>(place: object, name: string, work: () => Promise<T>): Promise<T> {
  const queue = queues.get(place) ?? new Map<string, Promise<unknown>>();
  queues.set(place, queue);
  const mine = (queue.get(name) ?? Promise.resolve()).then(work, work);
  queue.set(name, mine);
  try {
    return await mine;
  } finally {
    if (queue.get(name) === mine) queue.delete(name);
  }
}
