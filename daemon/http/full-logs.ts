/** The whole log of an attempt, from the node that ran it. */
import type { LogView } from '../../src/api/requests.ts';
import type { AttemptName } from '../../src/model/job.ts';

/** worker/attempt-logs.ts */
export interface AttemptLogReader {
  /** A piece from `offset`; empty at the end; undefined when there is none. Rejects when the node cannot be reached. */
  read(attempt: AttemptName, offset: number): Promise<Uint8Array | undefined>;
}

/** Attempts whose whole logs one answer holds, bytes of each, of which what comes last is kept, and of all: as JSON they may be six times as long. */
const mostAttempts = 20;
const mostBytes = 1024 * 1024;
const mostBytesInAll = 4 * 1024 * 1024;

/** The views with their whole logs, as far as those can be had; a view whose log is gone or out of reach stays as it is. */
export async function withFullLogs(
  logs: AttemptLogReader,
  found: readonly { readonly attempt: AttemptName; readonly view: LogView }[],
): Promise<readonly LogView[]> {
  const views: LogView[] = [];
  let left = mostBytesInAll;
  for (const [index, { attempt, view }] of found.entries()) {
    const text = index < mostAttempts && left > 0 ? await readAll(logs, attempt, Math.min(mostBytes, left)).catch(() => undefined) : undefined;
    left -= text?.length ?? 0;
    views.push(text === undefined || text === '' ? view : { ...view, lines: text.replace(/\n$/, '').split('\n') });
  }
  return views;
}

async function readAll(logs: AttemptLogReader, attempt: AttemptName, most: number): Promise<string | undefined> {
  let bytes = Buffer.alloc(0);
  let offset = 0;
  let leftOut = 0;
  const whole = (): string => (leftOut === 0 ? bytes.toString() : `[supervm: ${leftOut} bytes left out here]\n${bytes.toString()}`);
  for (;;) {
    const piece = await logs.read(attempt, offset);
    if (piece === undefined) return offset === 0 ? undefined : whole();
    if (piece.length === 0) return whole();
    offset += piece.length;
    leftOut = Math.max(0, offset - most);
    bytes = Buffer.concat([bytes, piece]).subarray(-most);
  }
}
