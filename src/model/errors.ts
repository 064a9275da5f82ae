/** The one table of errors: CLI messages and exit codes, HTTP statuses and the man page come from it. Keep it sorted by code. */

export interface ErrorKind {
  readonly exit: number;
  readonly status: number;
  readonly summary: string;
}

const usage = (summary: string): ErrorKind => ({ exit: 2, status: 400, summary });
const notFound = (summary: string): ErrorKind => ({ exit: 3, status: 404, summary });
const failed = (summary: string): ErrorKind => ({ exit: 1, status: 500, summary });

export const errorKinds = {
  'archive-refused': usage('An archive that cannot be accepted.'),
  'bad-frames': usage('A frame list that cannot be read.'),
  'bad-request': usage('A request that cannot be read.'),
  'bad-setting': usage('A setting with a value that is not allowed.'),
  'broken-job-type': usage("A job type of the user's own that cannot be used."),
  'cannot-be-placed': { exit: 8, status: 409, summary: 'No node can ever run the task as things are.' },
  'cluster-exists': { exit: 4, status: 409, summary: 'This machine already belongs to a cluster.' },
  'could-undo': { exit: 4, status: 409, summary: 'What was settled could be undone; only with --accept-loss is it done all the same.' },
  'daemon-exists': { exit: 1, status: 409, summary: 'Another daemon uses the same folder.' },
  'disk-failed': { exit: 1, status: 507, summary: 'A disk refuses to read or write.' },
  'disk-full': { exit: 1, status: 507, summary: 'A disk has no room left.' },
  'disk-limit': failed('A task wrote more than it may.'),
  'disk-read-only': { exit: 1, status: 507, summary: 'A disk can only be read.' },
  'file-missing': notFound('A file the job needs is not there.'),
  internal: failed('A defect in supervm.'),
  'invite-refused': { exit: 4, status: 403, summary: 'An invitation that is used, expired or unknown.' },
  'job-not-found': notFound('No job has this id.'),
  'key-reused': { exit: 2, status: 409, summary: 'An idempotency key was used for a different job.' },
  'name-taken': { exit: 4, status: 409, summary: 'Something else has this name already.' },
  'no-coordinator': { exit: 5, status: 503, summary: 'No coordinator is elected right now.' },
  'no-daemon': { exit: 5, status: 503, summary: 'No daemon runs here.' },
  'node-not-found': notFound('No node has this name or id.'),
  'not-a-scene': usage('A file that is not a Blender scene.'),
  'not-acknowledged': { exit: 1, status: 503, summary: 'The job could not be stored on enough machines.' },
  'not-allowed': { exit: 4, status: 403, summary: 'The caller may not do this.' },
  'not-authenticated': { exit: 4, status: 401, summary: 'The caller has shown nothing that says who they are.' },
  'not-isolated': { exit: 8, status: 409, summary: 'The node does not keep tasks apart as well as the job demands.' },
  oom: failed('A task used more memory than it may.'),
  'output-exists': { exit: 2, status: 409, summary: 'Output files exist already.' },
  'output-invalid': failed('A task made an output that is missing, damaged or of the wrong size.'),
  'output-lost': failed('The files of a task that was done are gone.'),
  'output-unwritable': usage('The output folder cannot be written.'),
  'passphrase-missing': { exit: 9, status: 403, summary: 'The keys of this machine are encrypted, and nobody gave the passphrase.' },
  'passphrase-wrong': { exit: 9, status: 403, summary: 'A passphrase that does not open the keys of this machine.' },
  'peer-other-version': { exit: 1, status: 503, summary: 'A peer runs a version of supervm that does not know this.' },
  'peer-refused': failed('A peer refused a request.'),
  'peer-unreachable': { exit: 1, status: 503, summary: 'A peer cannot be reached.' },
  'program-died': failed('A program ended in the middle of a task.'),
  'program-missing': { exit: 8, status: 409, summary: 'No node has a program the job needs.' },
  'records-damaged': failed('The job records on disk are damaged or of a newer version.'),
  'route-not-found': notFound('The HTTP API has nothing at this path.'),
  'scene-incomplete': { exit: 3, status: 409, summary: 'Files the scene refers to are missing.' },
  'scene-scripts': { exit: 2, status: 409, summary: 'The scene wants to run code of its own.' },
  'scene-too-new': { exit: 8, status: 409, summary: 'The scene was saved by a newer Blender than any node has.' },
  'scene-unrenderable': { exit: 2, status: 409, summary: 'The scene lacks something rendering needs.' },
  'secret-not-found': notFound('No secret has this name.'),
  'task-failed': failed('A task failed.'),
  'timed-out': { exit: 6, status: 504, summary: 'Waiting took too long; the job goes on.' },
  'token-not-found': notFound('No token that counts has this name or id.'),
  'too-many-processes': failed('A task had more processes than it may.'),
  'too-many-requests': { exit: 1, status: 429, summary: 'More requests than one caller may send.' },
  'tree-invalid': failed('A list of input files that cannot be accepted.'),
  'unknown-job-type': notFound('No job type has this name.'),
  usage: usage('A command line that cannot be read.'),
  'wrong-method': { exit: 2, status: 405, summary: 'The HTTP API has this path with another method.' },
  'wrong-phase': { exit: 2, status: 409, summary: 'The job is in no state that allows this.' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

/** Exit codes of commands that wait for a job, by how it ended. */
export const outcomeExits = { succeeded: 0, failed: 1, cancelled: 1, 'partly-failed': 7, removed: 3 } as const;

/** Exit codes of commands that were stopped from outside: Ctrl-C, SIGTERM, and nobody reading the output any more (as SIGPIPE would). */
export const stoppedExits = { interrupted: 130, terminated: 143, outputClosed: 141 } as const;

/** An error meant for a person: `message` names the field and the cause, `hint` the next step. */
export class SupervmError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  constructor(code: ErrorCode, message: string, hint = '', options?: ErrorOptions) {
    super(message, options);
    this.name = 'SupervmError';
    this.code = code;
    this.hint = hint;
  }

  /** By name: the command line and the daemon are built apart, and each has its own copy of this class. */
  static override [Symbol.hasInstance](value: unknown): value is SupervmError {
    return value instanceof Error && value.name === 'SupervmError';
  }
}
