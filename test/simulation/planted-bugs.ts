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
    file: 'daemon/election/claims.ts',
    line: 'const saved = await needs.memory.saveTerm(term).then(',
    planted: 'const saved = needs.memory.saveTerm(term).then(',
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
    seed: 6,
  },
  {
    name: 'a machine with the bytes alone counts as a copy of the job',
    file: 'daemon/submission/submit-record.ts',
    line: 'let copies = copiesOf(copied.hosts);',
    planted: 'let copies = copied.hosts;',
    seed: 174,
  },
  {
    name: 'a second result of a task is kept',
    file: 'daemon/coordinator/verdict.ts',
    line: "if (result !== undefined) return sameAttempt(result.attempt, attempt) ? 'kept' : 'already-kept';",
    planted: '',
    seed: 5,
  },
  {
    name: 'results of a cancelled job are kept',
    file: 'daemon/coordinator/verdict.ts',
    line: "if (state.cancelledGenerations.has(attempt.generation)) return 'cancelled';",
    planted: '',
    seed: 34,
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
    seed: 105,
  },
  {
    name: 'a coordinator that has been outbid goes on keeping',
    file: 'daemon/coordinator/keep-result.ts',
    line: "if (!this.#needs.isMine()) return later('this node does not coordinate');",
    planted: '',
    seed: 22,
  },
  {
    name: 'a claim that the disk refused is used',
    file: 'daemon/election/claims.ts',
    line: 'if (saved && !outbid && (above === undefined ? needs.current() === undefined : needs.isMine())) needs.take(term);',
    planted: 'if (!outbid && (above === undefined ? needs.current() === undefined : needs.isMine())) needs.take(term);',
    seed: 3,
  },
  {
    name: 'a restored store goes on under its old name',
    file: 'daemon/records/own-log.ts',
    line: 'this.#mustRenew = true;',
    planted: '',
    seed: 24,
  },
  {
    name: 'what an earlier life of the node left is not taken up',
    file: 'daemon/worker/worker-node.ts',
    line: 'for (const left of attempts) this.#adopt(left);',
    planted: '',
    seed: 2,
  },
  {
    name: 'results that nobody has any more are not missed',
    file: 'daemon/upkeep/upkeep.ts',
    line: 'if (lost.length === 0 || !this.#mayAct()) return;',
    planted: 'return;',
    seed: 688,
  },
  {
    name: 'a node does not outlive an earlier life under a clock that was turned back',
    file: 'daemon/membership/membership-node.ts',
    line: 'this.#revise({ facts: { ...own, incarnation: incarnation + 1 } });',
    planted: '',
    seed: 481,
  },
  {
    name: 'a voter counts no longer than a coordinator does',
    file: 'daemon/election/voting-seat.ts',
    line: 'const voterShare = 1.25;',
    planted: 'const voterShare = 0.8;',
    seed: 22,
  },
  {
    name: 'a voter lets another coordinator in while one relies on it',
    file: 'daemon/election/voting-seat.ts',
    line: 'const isLeased = granted.node !== term.node && this.#needs.clock.now() < this.#leaseUntil;',
    planted: 'const isLeased = false;',
    seed: 16,
  },
  {
    name: 'a degraded result of a higher term beats a quorate one',
    file: 'src/model/merge.ts',
    line: 'compareQuorate(a, b) ||',
    planted: '',
    seed: 35,
  },
  {
    name: 'once-only tasks that are lost are placed again at once',
    file: 'daemon/coordinator/roster.ts',
    line: 'if (!this.#mayRunOn(attempt)) this.release(attempt);',
    planted: 'this.release(attempt);',
    seed: 34,
  },
  {
    name: 'once-only tasks are placed before the leases of earlier terms have ended',
    file: 'daemon/coordinator/once-only.ts',
    line: "return this.#needs.clock.now() < since + this.#leaseMs + leaseGraceMs ? { code: 'needs-lease-end' } : undefined;",
    planted: 'return undefined;',
    seed: 111,
  },
  {
    name: 'facts of a removed job are folded again',
    file: 'src/model/fold.ts',
    line: 'if (state.removed) return false;',
    planted: '',
    seed: 171,
  },
  {
    name: 'the bytes of removed jobs stay',
    file: 'daemon/upkeep/blob-collection.ts',
    line: 'return this.#needs.recentUse.removeUnused(digest, () => this.#needs.disk.remove(digest));',
    planted: 'return Promise.resolve(true);',
    seed: 8,
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
