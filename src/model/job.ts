/**
 * What a user submits, in Open Job Description's words: a job has steps, a step has tasks over a parameter space.
 * Tasks are never stored: a task is its step's name and its index in the step's space (see parameter-space.ts).
 */

import type { IsolationLevel } from './isolation.ts';

/** Peer id of a node (libp2p's base58 text); in tests and the simulation any text. */
export type NodeId = string;
/** The physical machine a node runs on; copies are counted by it. */
export type HostId = string;
/** `sha256` of bytes, 64 lower-case hexadecimal digits. */
export type Digest = string;
/** Digest of the job's canonical record. */
export type JobId = Digest;

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Ascending, both ends included, `step >= 1`. */
export interface IntegerRange {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

export type TaskParameter =
  | { readonly name: string; readonly type: 'INT'; readonly ranges: readonly IntegerRange[] }
  | { readonly name: string; readonly type: 'STRING'; readonly values: readonly string[] };

/** What a task needs of a node (OpenJD host requirements: amounts and attributes). */
export interface HostRequirements {
  /** Cores reserved for one task; `all` means the whole node, one task at a time. */
  readonly cores: number | 'all';
  /** Its cores are whole ones and its alone: no other task runs on them meanwhile. Absent: it shares the processors with others. */
  readonly exclusive?: true;
  /** GPUs that are one task's alone; it sees no others. Absent: none. */
  readonly gpus?: number;
  /** Bytes of memory reserved for one task. */
  readonly memoryBytes: number;
  /** Bytes that one task may write. Absent: most of what is free on the node's disk. */
  readonly diskBytes?: number;
  /** Processes and threads that one task may have at a time. Absent: more than ordinary programs have. */
  readonly processes?: number;
  /** It may use the node's network. Absent: it has none. */
  readonly network?: true;
  /** How well the node must keep it apart. Absent: as well as the node can. */
  readonly isolation?: IsolationLevel;
  /** Programs the node must have, by the name that `detect` reports, with the lowest version that will do and what its build must be able to do. */
  readonly programs: readonly { readonly name: string; readonly minimumVersion?: string; readonly features?: readonly string[] }[];
}

export interface Step {
  readonly name: string;
  /** Names of steps that must have all their results first. */
  readonly needs: readonly string[];
  /** The task space is the cartesian product; the last parameter varies fastest. No parameters: one task. */
  readonly parameters: readonly TaskParameter[];
  readonly requirements: HostRequirements;
  /** How often a task may fail (not counting lost nodes) before it counts as failed; at least 1. */
  readonly maxAttempts: number;
  /**
   * Its tasks must not run twice at one time (they delete, or spend money): they are placed only in a quorate term, and again only when the
   * lease of the attempt before has surely ended. Absent: tasks may be repeated, and run in any term.
   */
  readonly onceOnly?: true;
  /** Longest time one attempt may take once its session is open; it then fails with `timed-out`. Absent: no limit. */
  readonly timeoutSeconds?: number;
  /** Names of secrets of the cluster that its tasks get as files (`SUPERVM_SECRETS` is the folder). Values are in no record. */
  readonly secrets?: readonly string[];
  /** What the job type's `run` reads; opaque to everybody else. */
  readonly script: JsonObject;
}

/** A file of a tree: path relative, `/`-separated, no `.` or `..`. */
export interface TreeEntry {
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
  readonly mode: number;
}

/** Inputs of a job: a tree blob (its digest names the canonical list of entries). */
export interface JobInputs {
  readonly tree: Digest;
  readonly files: number;
  readonly bytes: number;
}

/** Immutable; its canonical digest is the job's id. */
export interface JobRecord {
  readonly owner: string;
  /** Idempotency key: a known (owner, key) with another record is refused. */
  readonly key: string;
  readonly name: string;
  readonly type: string;
  readonly plugin: { readonly name: string; readonly version: string; readonly digest: Digest };
  readonly settings: JsonObject;
  readonly inputs: JobInputs;
  readonly steps: readonly Step[];
  readonly submitter: NodeId;
  /** Unix milliseconds, for people only: nothing decides by it. */
  readonly submittedAt: number;
  /** Absolute folder on the submitter that results are pulled into; empty: none. */
  readonly outputFolder: string;
  /** Once-only steps run in a degraded term too: the submitter took it upon himself that no other side of a partition runs them. */
  readonly alone?: true;
}

export interface TaskReference {
  readonly step: string;
  readonly index: number;
}

/** A coordinator's right to act. Compare with `compareTerms`; two nodes may draw one number on two sides of a partition. */
export interface Term {
  readonly number: number;
  readonly node: NodeId;
}

/** Names and fences one try at a task on one node. */
export interface AttemptName extends TaskReference {
  readonly term: Term;
  readonly job: JobId;
  readonly generation: number;
  /** 1 for the first try; a coordinator never draws one number twice for a task in its term. */
  readonly attempt: number;
  readonly node: NodeId;
}

/** A file that a task made. */
export interface OutputFile {
  /** Relative, below the output folder. */
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
}

/** How a result came about; told by the worker, shown to people. */
export interface RunReport {
  /** Process id of the program that did the work (a warm program keeps it from task to task). */
  readonly process: number;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly seconds: number;
  readonly warnings: readonly string[];
}

export interface TaskFailure {
  /** A code of the error table (errors.ts) where one fits, else `task-failed`. */
  readonly code: string;
  readonly message: string;
  /** May another attempt succeed? */
  readonly retry: boolean;
  /** Is the node (full disk, killed program) rather than the task to blame? Such failures do not count against the task's maxAttempts, up to a bound. */
  readonly blameNode: boolean;
  /** Last lines of the program's output. */
  readonly logTail: string;
}
