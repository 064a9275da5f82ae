/** Newcomers that wait at the door until a person has compared the words and agreed. */
export interface Waiting {
  readonly id: string;
  readonly invitation: string;
  /** What the machine calls itself. */
  readonly name: string;
  readonly address: string;
  readonly words: string;
}

const mostWaiting = 16;

export class Approvals {
  readonly #waiting = new Map<string, { readonly shown: Waiting; readonly answer: (isAdmitted: boolean) => void }>();

  of(invitation: string): readonly Waiting[] {
    return [...this.#waiting.values()].flatMap(({ shown }) => (shown.invitation === invitation ? [shown] : []));
  }

  /** Resolves with the person's answer; false when the signal aborts, or too many wait already. */
  async ask(shown: Waiting, signal: AbortSignal): Promise<boolean> {
    if (this.#waiting.size >= mostWaiting || signal.aborted) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.set(shown.id, { shown, answer: resolve });
    signal.addEventListener('abort', () => resolve(false), { once: true });
    try {
      return await promise;
    } finally {
      this.#waiting.delete(shown.id);
    }
  }

  /** False where nobody waits by this id (any more). */
  answer(id: string, isAdmitted: boolean): boolean {
    const waiting = this.#waiting.get(id);
    waiting?.answer(isAdmitted);
    return waiting !== undefined;
  }
}
