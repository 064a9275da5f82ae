/** Defects that a simulation worth its time must find: each changes one line of shipped code as it is loaded. */

export interface PlantedBug {
  readonly name: string;
  /** Path from the root of the project. */
  readonly file: string;
  /** The one line, without its indentation, as it is shipped. */
  readonly line: string;
  /** What stands there instead; empty: the line is gone. */
  readonly planted: string;
  /** A seed that finds it, tried first. When the code moves on and it no longer does, any of the first thousand will do; then name that one here. */
  readonly seed: number;
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'a claim is used before it is on disk',
    file: 'daemon/election/election.ts',
    line: 'const saved = await this.#needs.memory.saveTerm(term).then(',
    planted: 'const saved = this.#needs.memory.saveTerm(term).then(',
    seed: 1,
  },
  {
    name: 'own facts count before they are on disk',
    file: 'daemon/records/own-log.ts',
    line: 'if (entries.length > 0) await store.append(entries);',
    planted: 'if (entries.length > 0) store.append(entries).catch(() => {});',
    seed: 1,
  },
  {
    name: "a peer's copy counts before it is on the peer's disk",
    file: 'daemon/records/inbox.ts',
    line: 'if (accepted.length > 0) await store.append(accepted);',
    planted: 'if (accepted.length > 0) store.append(accepted).catch(() => {});',
    seed: 1,
  },
  {
    name: 'bytes count before they are on disk',
    file: 'daemon/blobs/blob-transfer.ts',
    line: 'await incoming.commit();',
    planted: 'incoming.commit().catch(() => {});',
    seed: 2,
  },
  {
    name: 'a machine with the bytes alone counts as a copy of the job',
    file: 'daemon/submission/submit-record.ts',
    line: 'let copies = copiesOf(copied.hosts);',
    planted: 'let copies = copied.hosts;',
    seed: 2,
  },
  {
    name: 'a second result of a task is kept',
    file: 'daemon/coordinator/verdict.ts',
    line: "if (result !== undefined) return sameAttempt(result.attempt, attempt) ? 'kept' : 'already-kept';",
    planted: '',
    seed: 1,
  },
  {
    name: 'results of a cancelled job are kept',
    file: 'daemon/coordinator/verdict.ts',
    line: "if (state.cancelledGenerations.has(attempt.generation)) return 'cancelled';",
    planted: '',
    seed: 133,
  },
  {
    name: 'a worker goes on with what was cancelled',
    file: 'daemon/worker/acceptance.ts',
    line: 'return attempt.generation === fact.generation;',
    planted: 'return false;',
    seed: 40,
  },
  {
    name: 'the first of two results wins, whichever it is',
    file: 'src/model/fold.ts',
    line: 'if (holder !== undefined && compare(holder, challenger) <= 0) return false;',
    planted: 'if (holder !== undefined) return false;',
    seed: 13,
  },
  {
    name: 'a coordinator that has been outbid goes on keeping',
    file: 'daemon/coordinator/keep-result.ts',
    line: "if (!this.#needs.isMine()) return later('this node does not coordinate');",
    planted: '',
    seed: 16,
  },
];

/** The source with the bug in it. Throws when the line is not there exactly once: the bug must move with the code. */
export function plant(source: string, { name, file, line, planted }: PlantedBug): string {
  const lines = source.split('\n');
  const places = lines.flatMap((text, place) => (text.trim() === line ? [place] : []));
  const [place] = places;
  if (place === undefined || places.length > 1) throw new Error(`"${name}" cannot be planted: ${file} has its line ${places.length} times`);
  return lines.with(place, planted).join('\n');
}
