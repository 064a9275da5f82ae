/** What the daemon and a session say to each other: one JSON object a line, in on standard input, out on file descriptor 3. */
import type { Program } from '../../../src/model/inventory.ts';
import type { JsonObject, TaskFailure } from '../../../src/model/job.ts';

export type Fault = Omit<TaskFailure, 'logTail'>;

/** All paths are as the session sees them, which in a sandbox is not where they are outside. */
export type SessionCommand =
  | {
      readonly type: 'open';
      /** Absolute path of the plugin's run.ts or its built form. */
      readonly plugin: string;
      readonly inputs: string;
      readonly scratch: string;
      readonly programs: readonly Program[];
      readonly cores: number;
      /** The session has a process namespace of its own. */
      readonly isAlone: boolean;
      /** Values by name that the job is trusted with. */
      readonly secrets: { readonly [name: string]: string };
    }
  | {
      readonly type: 'run';
      readonly id: number;
      readonly step: string;
      readonly script: JsonObject;
      readonly parameters: { readonly [name: string]: number | string };
      readonly outputs: string;
    }
  | { readonly type: 'abort'; readonly id: number }
  /** Close and exit. The end of the input means: exit at once, whatever runs. */
  | { readonly type: 'close' };

export type SessionAnswer =
  | { readonly type: 'ready' }
  | { readonly type: 'open-failed'; readonly fault: Fault }
  | { readonly type: 'log'; readonly line: string }
  | { readonly type: 'progress'; readonly id: number; readonly fraction: number; readonly message: string }
  | {
      readonly type: 'done';
      readonly id: number;
      readonly outputs: readonly { readonly path: string; readonly size: number }[];
      readonly process: number;
      readonly warnings: readonly string[];
    }
  /** `understood`: the plugin said so itself and goes on; otherwise nobody knows what state it is in. */
  | { readonly type: 'failed'; readonly id: number; readonly fault: Fault; readonly understood: boolean };
