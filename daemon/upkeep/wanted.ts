/** Which bytes of a job must not be lost, and on how many machines they are wanted. Pure. */
import type { ResultKept } from '../../src/model/facts.ts';
import type { HostId, NodeId } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { jobPhase } from '../../src/model/phase.ts';
import { stepOf } from '../../src/model/standing.ts';
import type { Member, SizedBlob } from './needs.ts';

/** As many as an acknowledged submission and a kept result have where there are as many machines. */
const inputCopies = 3;
const resultCopies = 2;

export function isOpen(state: JobState): boolean {
  const phase = jobPhase(state);
  return state.record !== undefined && (phase === 'active' || phase === 'paused');
}

/** Results whose files are not known to be in the submitter's folder. */
export function undelivered(state: JobState): readonly ResultKept[] {
  if (state.removed || state.record === undefined) return [];
  if (!isOpen(state) && state.delivered >= state.generation) return [];
  return [...state.results.values()].filter((result) => result.outputs.length > 0);
}

/** A result whose loss makes its task run again; never of a step that must not run twice. */
export function isRepeatable(state: JobState, result: ResultKept): boolean {
  const step = stepOf(state, result.attempt.step);
  return step !== undefined && !('onceOnly' in step);
}

export function blobsOf(result: ResultKept): readonly SizedBlob[] {
  return result.outputs.map(({ digest, size }) => ({ digest, size }));
}

export interface Machines {
  /** Reachable nodes and the machines they run on, the best place for another copy first. */
  readonly nodes: readonly { readonly node: NodeId; readonly host: HostId }[];
  readonly inputsWanted: number;
  readonly resultsWanted: number;
}

/** `first`, then whoever has most room. */
export function machinesOf(reachable: readonly Member[], first: readonly NodeId[]): Machines {
  const rank = (node: NodeId): number => (first.includes(node) ? first.indexOf(node) : first.length);
  const nodes = reachable
    .map(({ facts }) => ({ node: facts.id, host: facts.host, room: facts.inventory.freeDiskBytes }))
    .sort((a, b) => rank(a.node) - rank(b.node) || b.room - a.room || (a.node < b.node ? -1 : 1));
  const hosts = new Set(nodes.map(({ host }) => host)).size;
  return { nodes, inputsWanted: Math.min(inputCopies, hosts), resultsWanted: Math.min(resultCopies, hosts) };
}

/** Machines of the nodes that hold all of `blobs`. */
export function holdersOf(blobs: readonly SizedBlob[], held: ReadonlyMap<string, readonly NodeId[]>, machines: Machines): readonly HostId[] {
  return [...new Set(machines.nodes.filter(({ node }) => blobs.every(({ digest }) => held.get(digest)?.includes(node) === true)).map(({ host }) => host))];
}
