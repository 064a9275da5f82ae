/** What happened in a run, in order: the trace of a replay, and what the checks judge afterwards. */
import type { AttemptName, Digest, HostId, JobId, NodeId } from '../../src/model/job.ts';
import type { FaultKind } from './faults.ts';
import type { RarePath } from './rare-paths.ts';

/** Things that may also happen to a seed, beside the faults that were planned for it. */
export type Happening =
  | FaultKind
  | RarePath
  | 'lost-write'
  | 'failed-task'
  | 'cancel'
  | 'retry'
  | 'pause'
  | 'remove'
  | 'failover'
  | 'clock-rate'
  | `crash ${string}`;

/** A promise that names its copies: it holds while one of these machines has lost nothing since. */
export interface Acknowledged {
  readonly at: number;
  readonly copies: readonly HostId[];
}

/** After this everybody has heard that a machine is gone: connections that linger close. */
export const newsTravelMs = 10_000;

/** A machine lost what it was given between these times. */
export interface Loss {
  readonly host: HostId;
  readonly since: number;
  readonly until: number;
}

export interface Start {
  readonly at: number;
  readonly node: NodeId;
  readonly attempt: AttemptName;
  /** What became of it, once it ended. */
  outcome: 'running' | 'done' | 'failed' | 'aborted';
}

export class Chronicle {
  readonly #now: () => number;
  readonly #notes: { readonly at: number; readonly node: string; readonly text: string }[] = [];
  readonly violations: string[] = [];
  readonly happened = new Map<Happening, number>();
  /** Jobs whose submission was acknowledged, by id. */
  readonly acknowledged = new Map<JobId, Acknowledged & { readonly key: string; readonly node: NodeId }>();
  /** Generations whose cancellation is on some disk. */
  readonly cancelled: (Acknowledged & { readonly job: JobId; readonly generation: number })[] = [];
  /** Jobs whose removal is on some disk. */
  readonly removed: (Acknowledged & { readonly job: JobId })[] = [];
  /** Of each job that a user removed, what was known to belong to it. */
  readonly doomed = new Map<JobId, ReadonlySet<Digest>>();
  readonly losses: Loss[] = [];
  /** Terms, `number@node`, that were used again by a coordinator which had lost its disk and all memory of them. */
  readonly reusedTerms = new Set<string>();
  /** By `job step/index generation`. */
  readonly starts = new Map<string, Start[]>();
  /** Times at which something happened that may make a task run twice. */
  readonly causes: number[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** One line of text for each thing that happened. */
  lines(): readonly string[] {
    return this.#notes.map(({ at, node, text }) => `${at.toFixed(1).padStart(9)} ${node.padEnd(5)} ${text}`);
  }

  note(node: string, text: string): void {
    this.#notes.push({ at: this.#now(), node, text });
  }

  /** A promise of the system was broken. */
  violate(node: string, text: string): void {
    this.note(node, `VIOLATION ${text}`);
    this.violations.push(text);
  }

  count(happening: Happening, times = 1): void {
    if (times > 0) this.happened.set(happening, (this.happened.get(happening) ?? 0) + times);
  }

  /** Are there machines of which the copy was not lost? */
  mustHold({ at, copies }: Acknowledged): boolean {
    return copies.some((host) => !this.hasLost(host, at));
  }

  /** It lost its disk so lately that `listener` cannot have heard of it, least of all when it slept meanwhile. */
  hasJustLost(host: HostId, listener: { readonly deafFrom: number; readonly deafUntil: number }): boolean {
    const now = this.#now();
    const since = (now - listener.deafUntil < newsTravelMs ? Math.min(now, listener.deafFrom) : now) - newsTravelMs;
    return this.losses.some((loss) => loss.host === host && loss.until >= since);
  }

  hasLost(host: HostId, at: number): boolean {
    return this.losses.some((loss) => loss.host === host && loss.since <= at && at <= loss.until);
  }

  cause(): void {
    this.causes.push(this.#now());
  }
}

export function runKey({ job, step, index, generation }: Pick<AttemptName, 'job' | 'step' | 'index' | 'generation'>): string {
  return `${job.slice(0, 6)} ${step}/${index} ${generation}`;
}
