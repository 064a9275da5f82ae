/** What is asked of the submitter and what it answers. The HTTP API's bodies have these forms too. */

import type { SupervmError } from '../../src/model/errors.ts';
import type { IsolationLevel } from '../../src/model/isolation.ts';
import type { HostId, JobId, JsonObject } from '../../src/model/job.ts';

export type ExistingFiles = 'refuse' | 'overwrite' | 'skip';

export interface Submission {
  readonly type: string;
  readonly settings: JsonObject;
  /** Absolute: relative paths start here. */
  readonly folder: string;
  readonly outputFolder?: string | undefined;
  readonly existing?: ExistingFiles | undefined;
  readonly owner?: string | undefined;
  readonly key?: string | undefined;
  /** Wait until that many machines have the job and its inputs, `copiesSeconds` (30) at most; the job is taken with fewer too. */
  readonly copies?: number | undefined;
  readonly copiesSeconds?: number | undefined;
  /** Once-only steps run in a degraded term too. */
  readonly alone?: boolean | undefined;
  /** Only on nodes that keep tasks apart at least so well. */
  readonly isolation?: IsolationLevel | undefined;
  /** Cores for each task, instead of what the job type asks for. */
  readonly cores?: number | undefined;
  /** No other task runs on the cores of one. */
  readonly exclusive?: boolean | undefined;
}

/** Which files the submitter may name. */
export interface PathFence {
  /** `path`: absolute. Follows links; tells nothing of what is there. */
  allows(path: string): Promise<boolean>;
  /** `not-allowed`, naming the path. */
  refusal(path: string): SupervmError;
}

export interface Warning {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export interface Receipt {
  /** Undefined when every file exists already and was to be skipped. */
  readonly id: JobId | undefined;
  readonly name: string;
  readonly tasks: number;
  readonly skipped: number;
  readonly outputFolder: string;
  readonly inputs: { readonly files: number; readonly bytes: number };
  readonly copies: readonly HostId[];
  readonly wanted: number;
  readonly warnings: readonly Warning[];
  /** What the plan decided and the settings do not say, as sentences. */
  readonly notes?: readonly string[];
}

export interface Progress {
  readonly stage: 'reading' | 'storing' | 'copying' | 'fetching';
  readonly done: number;
  readonly total: number;
  readonly message: string;
}

export type OnProgress = (progress: Progress) => void;
