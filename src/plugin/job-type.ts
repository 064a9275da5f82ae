/** A job type: one folder with three moments on three machines (see ARCHITECTURE, "A job type"). */
import type { Program } from '../model/inventory.ts';
import type { JsonObject, Step, TaskFailure } from '../model/job.ts';

/** A file that must travel: its absolute place on the submitting machine and its path inside the job's input tree. */
export interface InputFile {
  readonly source: string;
  /** Relative, `/`-separated, never climbing: `..` of the original layout is kept by choosing a common root. */
  readonly path: string;
}

/** A named reason why the job would go wrong; `error` stops the submission, `warning` is shown. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  /** Code of the error table. */
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export interface InputsFound {
  readonly files: readonly InputFile[];
  /** What `plan` may read of the inputs: small JSON, part of nothing. */
  readonly summary: JsonObject;
  readonly findings: readonly Finding[];
}

export interface InputsLimits {
  /** An unpacked archive: what the job needs outside this folder is missing, whatever lies there on this machine. */
  readonly within?: string;
  /** Where the submitter may not name every file: what it says no to is missing, and must not be looked at. */
  readonly allows?: (path: string) => Promise<boolean>;
}

/** `plugins/<name>/inputs.ts` exports `inputs: FindInputs`. Runs on the submitting machine; `settings` are validated; paths in settings are absolute. */
export type FindInputs = (settings: JsonObject, limits?: InputsLimits) => Promise<InputsFound>;

export interface Plan {
  readonly name: string;
  readonly steps: readonly Step[];
  /** What the plan decided and the settings do not say: sentences for whoever submits. Absent: nothing. */
  readonly notes?: readonly string[];
  /** Relative paths of the files the job will make when nothing fails (checked against what exists before anything runs); empty when unknown. */
  readonly outputs: readonly string[];
}

/** `plugins/<name>/plan.ts` exports `plan: MakePlan`. Pure. */
export type MakePlan = (settings: JsonObject, summary: JsonObject) => Plan;

/** `plugins/<name>/detect.ts` exports `detect: Detect`. Runs on every node at start and now and then; finds real programs only. */
export type Detect = (host: {
  execute(file: string, args: readonly string[], timeoutMs: number): Promise<{ stdout: string; exitCode: number }>;
}) => Promise<readonly Program[]>;

/**
 * `plugins/<name>/run.ts` exports `open: OpenSession`. Runs inside the sandbox, in a session process of its own:
 * one a job and node, opened before the job's first task there and closed after its last.
 */
export type OpenSession = (host: SessionHost) => Promise<Session>;

export interface SessionHost {
  /** Absolute folder with the job's input tree, read only. */
  readonly inputs: string;
  /** Absolute folder for whatever the session keeps between tasks. */
  readonly scratch: string;
  /** Path of each program the step required. */
  readonly programs: readonly Program[];
  /** Cores the session may use. */
  readonly cores: number;
  log(line: string): void;
}

export interface Session {
  /** One task at a time. Rejects with a TaskFault to say whether to retry and whom to blame. */
  run(task: TaskHost): Promise<TaskOutcome>;
  /**
   * Process ids of programs that stay for the next task. After each task everything it has started is killed, but for these, for what ran
   * before it, for the `process` of its outcome, and for what those have started.
   */
  keeps?(): readonly number[];
  close(): Promise<void>;
}

/** One attempt's only powers. */
export interface TaskHost {
  readonly step: string;
  readonly script: JsonObject;
  readonly parameters: { readonly [name: string]: number | string };
  /** Absolute, empty at the start, this attempt's own. */
  readonly outputs: string;
  readonly signal: AbortSignal;
  /** `fraction` 0..1. */
  progress(fraction: number, message: string): void;
  log(line: string): void;
}

export interface TaskOutcome {
  /** Files below `outputs`, already checked by the job type (exist, decode, right size). */
  readonly outputs: readonly string[];
  /** Process id of the program that did the work. */
  readonly process: number;
  readonly warnings: readonly string[];
}

/** What a session throws when a task fails for a reason it understands. */
export class TaskFault extends Error {
  readonly failure: Omit<TaskFailure, 'logTail'>;
  constructor(failure: Omit<TaskFailure, 'logTail'>) {
    super(failure.message);
    this.name = 'TaskFault';
    this.failure = failure;
  }
}

export type { JsonObject };
