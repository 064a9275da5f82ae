/**
 * Named instants of a process at which its machine may die. They are passed in what is injected into it (messenger, disks,
 * task runner), so that shipped code has no hooks: `before X` is hit before X has any effect, `after X` when it has all of it
 * but the process does not know yet.
 */

/** What a process says to another, and answers, as `protocol type`. */
export const spokenNames: { readonly [message: string]: string } = {
  '/supervm/work/1 assign': 'assign',
  '/supervm/work/1 census': 'census',
  '/supervm/coordination/1 offer': 'offer',
  '/supervm/coordination/1 failed': 'offer of a failure',
  '/supervm/records/1 push': 'push',
  '/supervm/records/1 pull': 'pull',
  '/supervm/blobs/1 read': 'read',
  '/supervm/blobs/1 hold': 'upload',
  '/supervm/election/1 term': 'claim',
};

const spoken = ['assign', 'offer', 'push', 'pull', 'upload', 'census'] as const;
const answered = ['assign', 'offer', 'push', 'pull', 'upload', 'read', 'census'] as const;
const written = ['submitted', 'result-kept', 'ended', 'facts of others', 'term', 'bytes'] as const;

/** Before the answer to a read of a later piece, while another machine has all of the blob: whoever reads can go on there. */
export const midRead = 'before reply to a later read';

/** Every point at which a crash is planned; each must be struck in CI. */
export const crashPoints: readonly string[] = [
  ...spoken.flatMap((what) => [`before ${what}`, `after ${what}`, `on the answer to ${what}`]),
  'before claim',
  'after claim',
  ...answered.flatMap((what) => [`before reply to ${what}`, `after reply to ${what}`]),
  midRead,
  ...written.flatMap((what) => [`before fsync of ${what}`, `after fsync of ${what}`]),
  'before publish',
  'after publish',
];

interface Trap {
  readonly name: string;
  left: number;
  spring(): void;
}

export class CrashPoints {
  readonly #traps = new Set<Trap>();

  /** The `nth` time from now that `name` is hit, `spring` is called, within the hit. Returns what takes the trap away. */
  arm(name: string, nth: number, spring: () => void): () => void {
    const trap: Trap = { name, left: nth, spring };
    this.#traps.add(trap);
    return () => void this.#traps.delete(trap);
  }

  hit(name: string): void {
    if (this.#traps.size === 0) return;
    for (const trap of this.#traps) {
      if (trap.name !== name) continue;
      trap.left -= 1;
      if (trap.left > 0) continue;
      this.#traps.delete(trap);
      trap.spring();
    }
  }
}
