/** What one daemon learns, as it learns it: its event stream, opened again whenever the daemon comes back. */
import type { Client } from '../../src/api/client.ts';
import type { Fact } from '../../src/model/facts.ts';

export interface Heard {
  readonly fact: Fact;
  /** Unix milliseconds, when it was heard here. */
  readonly at: number;
}

export class FactFeed implements AsyncDisposable {
  readonly heard: Heard[] = [];
  readonly #stopping = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #running: Promise<void>;

  constructor(client: Client) {
    this.#running = this.#run(client);
  }

  /** The first fact heard, before or from now on, of which `pick` makes something; undefined when there is none in time. */
  async first<T>(pick: (heard: Heard) => T | undefined, limitMs: number): Promise<T | undefined> {
    let looked = 0;
    const look = (): T | undefined => {
      for (; looked < this.heard.length; looked += 1) {
        const found = pick(this.heard[looked] as Heard);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    return new Promise((resolve) => {
      const done = (value: T | undefined): void => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve(value);
      };
      const listener = (): void => {
        const found = look();
        if (found !== undefined) done(found);
      };
      const timer = setTimeout(() => done(undefined), limitMs);
      this.#listeners.add(listener);
      listener();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(client: Client): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        for await (const event of client.events('events', {}, signal)) {
          if (event.type !== 'fact') continue;
          this.heard.push({ fact: event.fact, at: Date.now() });
          for (const listener of this.#listeners) listener();
        }
      } catch {
        // The daemon is away; it is asked again.
      }
      if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
