/**
 * What a run with real daemons leaves behind: one JSON line for everything that clients did, tasks said of themselves and nodes
 * went through. Times are milliseconds of the machine's monotonic clock since the run began, so that moved wall clocks do not matter.
 */
import type { HostId, JobId, Term } from '../../src/model/job.ts';
import type { JobPhase } from '../../src/model/job-state.ts';
import type { FaultKind } from './faults/kinds.ts';

export interface RunBegan {
  readonly type: 'run';
  readonly at: number;
  readonly seed: number;
  readonly profile: string;
  readonly nodes: readonly string[];
  readonly wallTime: string;
}

/** A daemon's process, by the word of whoever started it. `wiped`: its disk is gone too. */
export interface NodeChanged {
  readonly type: 'node';
  readonly at: number;
  readonly node: string;
  readonly happened: 'launched' | 'ready' | 'ended' | 'failed' | 'wiped';
  /** Exit code or signal; why it failed. */
  readonly code?: string;
}

export interface FaultStruck {
  readonly type: 'fault';
  readonly at: number;
  readonly happened: 'began' | 'ended';
  /** Number of the fault in the plan. */
  readonly fault: number;
  readonly kind: FaultKind;
  readonly nodes: readonly string[];
  readonly strength: number;
}

/** From here on no fault is active and every daemon has been started. */
export interface Healed {
  readonly type: 'healed';
  readonly at: number;
}

/** Everybody sees everybody, follows one coordinator and says the same about every job, all of which have ended. */
export interface Settled {
  readonly type: 'settled';
  readonly at: number;
  /** What was still missing when patience ended; empty when all is well. */
  readonly missing: readonly string[];
}

export type CallName = 'submit' | 'cancel' | 'retry' | 'pause' | 'resume' | 'remove';

export interface Call {
  readonly type: 'call';
  /** When it began. */
  readonly at: number;
  readonly ended: number;
  readonly node: string;
  readonly call: CallName;
  /** Of the job: its idempotency key. */
  readonly key: string;
  /** Tries it took, the first included. */
  readonly tries: number;
  readonly outcome: 'ok' | 'failed';
  /** Error code when it failed. */
  readonly code?: string;
  readonly message?: string;
  readonly job?: JobId;
  /** Submit: machines that the answer names. */
  readonly copies?: readonly HostId[];
  readonly wanted?: number;
  /** Submit: how many tasks. */
  readonly tasks?: number;
  /** What the answer said of the job. */
  readonly phase?: JobPhase;
  readonly generation?: number;
}

/** A task's own word, through a pipe that leads out of its sandbox. */
export interface TaskSaid {
  readonly type: 'task';
  readonly at: number;
  readonly node: string;
  readonly happened: 'start' | 'end';
  readonly key: string;
  readonly index: number;
  /** Of the session's process and the task in it: pairs a start with its end. */
  readonly run: string;
}

/** Whom a node follows, as its status tells. */
export interface Seat {
  readonly type: 'seat';
  readonly at: number;
  readonly node: string;
  readonly term: Term | undefined;
  readonly reached: number;
}

/** What a node told of a job in passing. */
export interface Told {
  readonly type: 'told';
  /** When the question was sent, and when the answer had come. */
  readonly at: number;
  readonly ended: number;
  readonly node: string;
  readonly key: string;
  readonly job: JobId;
  readonly phase: JobPhase;
  /** The node said besides that a side without a majority ended it. */
  readonly degraded?: boolean;
  readonly generation: number;
  readonly kept: number;
}

export interface FinalResult {
  readonly index: number;
  /** Names the attempt whose result was kept. */
  readonly attempt: string;
  readonly outputs: readonly { readonly path: string; readonly digest: string }[];
}

/** What a node says of a job at the end. */
export interface FinalJob {
  readonly type: 'final';
  readonly at: number;
  readonly node: string;
  readonly key: string;
  readonly job: JobId;
  readonly phase: JobPhase;
  readonly generation: number;
  readonly tasks: number;
  readonly conflicts: readonly string[];
  readonly results: readonly FinalResult[];
}

/** How busy the machine was on which all daemons ran, whoever kept it busy. */
export interface MachineLoad {
  readonly type: 'load';
  readonly at: number;
  /** Processes that want to run, by cores: the system's average over a minute. */
  readonly perCore: number;
}

export type Line = RunBegan | NodeChanged | FaultStruck | Healed | Settled | Call | TaskSaid | MachineLoad | Seat | Told | FinalJob;
export type History = readonly Line[];

export function linesOf<K extends Line['type']>(history: History, type: K): readonly Extract<Line, { readonly type: K }>[] {
  return history.filter((line): line is Extract<Line, { readonly type: K }> => line.type === type);
}
