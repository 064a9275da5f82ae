/** The whole log of an attempt, from the node that ran it. */
import type { LogView } from '../../src/api/requests.ts';
import type { AttemptName } from '../../src/model/job.ts';

/** worker/attempt-logs.ts */
export interface AttemptLogReader {
  /** A piece from `offset`; empty at the end; undefined when there is none. Rejects when the node cannot be reached. */
  read(attempt: AttemptName, offset: number): Promise<Uint8Array | undefined>;
}

/** Attempts whose whole logs one answer holds, and bytes of each; what comes last is kept. */
const mostAttempts = 20;
const mostBytes = 1024 * 1024;

/** The views with their whole logs, as far as those can be had; a view whose log is gone or out of reach stays as it is. */
export async function withFullLogs(
  logs: AttemptLogReader,
  found: readonly { readonly attempt: AttemptName; readonly view: LogView }[],
): Promise<readonly LogView[]> {
  const views: LogView[] = [];
  for (const [index, { attempt, view }] of found.entries()) {
    const text = index < mostAttempts ? await readAll(logs, attempt).catch(() => undefined) : undefined;
    views.push(text === undefined || text === '' ? view : { ...view, lines: text.replace(/\n$/, '').split('\n') });
  }
  return views;
}

async function readAll(logs: AttemptLogReader, attempt: AttemptName): Promise<string | undefined> {
  let bytes = Buffer.alloc(0);
  let offset = 0;
  for (;;) {
    const piece = await logs.read(attempt, offset);
    if (piece === undefined) return offset === 0 ? undefined : bytes.toString();
    if (piece.length === 0) return bytes.toString();
    offset += piece.length;
    bytes = Buffer.concat([bytes, piece]).subarray(-mostBytes);
  }
}
