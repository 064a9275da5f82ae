/** What must hold of one job at the end, and which jobs nobody can finish. */

import { createHash } from 'node:crypto';
import { decodeTree } from '../../daemon/blobs/tree.ts';
import { isRepeatable } from '../../daemon/upkeep/wanted.ts';
import type { ClusterState } from '../../src/model/cluster-state.ts';
import type { ResultKept } from '../../src/model/facts.ts';
import type { JobRecord, NodeId } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { taskCount, taskKey } from '../../src/model/parameter-space.ts';
import { jobPhase } from '../../src/model/phase.ts';
import { isQuorum, type Voter } from '../../src/model/voters.ts';
import { type Chronicle, runKey } from './chronicle.ts';
import type { Machine } from './machine.ts';
import { outputBytes } from './simulated-tasks.ts';

/** Plugins are upgraded at most so often in a seed. */
const mostVersions = 10;

/** A job that was never promised to anybody, or only by machines that lost it, may lack its record or its inputs for ever. */
export function isOrphan(state: JobState, nodes: readonly Machine[], chronicle: Chronicle): boolean {
  const promise = chronicle.acknowledged.get(state.id);
  if (state.removed || chronicle.losses.length === 0 || (promise !== undefined && chronicle.mustHold(promise))) return false;
  return state.record === undefined || !hasInputs(state.record, nodes);
}

/** Has nobody the bytes of one of the job's results any more? Then it will be made again. */
export function lacksResults(state: JobState, nodes: readonly Machine[]): boolean {
  const phase = jobPhase(state);
  if (phase !== 'succeeded' && phase !== 'active') return false;
  const isHeld = (digest: string): boolean => nodes.some(({ blobDisk }) => blobDisk.isDurable(digest));
  return state.results.values().some((result) => isRepeatable(state, result) && result.outputs.some(({ digest }) => !isHeld(digest)));
}

/** Without most of the voters, of whom only one may be forgotten, results that are gone stay missed, and once-only tasks wait. */
export function waitsForVoters(state: JobState, nodes: readonly Machine[]): boolean {
  const needsQuorum = state.record?.steps.some(({ onceOnly }) => onceOnly === true) === true || lacksResults(state, nodes);
  return needsQuorum && lacksVoters(nodes);
}

function lacksVoters(nodes: readonly Machine[]): boolean {
  const record = nodes.find(({ life }) => life?.plane.leadership.isMine() === true)?.life?.plane.leadership.voters();
  if (record?.forced !== true) return false;
  const storeOf = (node: NodeId): string | undefined => nodes.find(({ plan }) => plan.id === node)?.disk.storeId;
  const isThere = ({ node, store }: Voter): boolean => storeOf(node) === store;
  return !isQuorum(record.voters, isThere, ({ node, store }) => storeOf(node) !== undefined && storeOf(node) !== store);
}

function hasInputs({ inputs }: JobRecord, nodes: readonly Machine[]): boolean {
  const disks = nodes.map(({ blobDisk }) => blobDisk.snapshot());
  const tree = disks.map((disk) => disk.get(inputs.tree)).find((bytes) => bytes !== undefined);
  return tree !== undefined && decodeTree(tree).every(({ digest }) => disks.some((disk) => disk.has(digest)));
}

export function checkJob(state: JobState, nodes: readonly Machine[], chronicle: Chronicle): void {
  const violate = (text: string): void => chronicle.violate('world', text);
  const job = state.id.slice(0, 6);
  const { record } = state;
  if (state.removed || isOrphan(state, nodes, chronicle)) return;
  if (record === undefined) {
    violate(`the record of ${job} is nowhere`);
    return;
  }
  const phase = jobPhase(state);
  if ((phase === 'active' || phase === 'paused') && !waitsForVoters(state, nodes)) violate(`${job} did not end`);
  for (const step of record.steps) {
    for (let index = 0; index < taskCount(step); index += 1) {
      const result = state.results.get(taskKey(step.name, index));
      if (result !== undefined) checkResult(result, record, nodes, chronicle);
      else if (phase === 'succeeded') violate(`${job} succeeded without a result of ${step.name}/${index}`);
    }
  }
}

function checkResult(result: ResultKept, record: JobRecord, nodes: readonly Machine[], chronicle: Chronicle): void {
  const { attempt, outputs, holders } = result;
  const key = runKey(attempt);
  const [output] = outputs;
  if (outputs.length !== 1 || output === undefined || !mayMake(record, attempt.step, attempt.index, output.digest)) {
    chronicle.violate('world', `the result of ${key} has the wrong bytes`);
    return;
  }
  for (const { node, host } of holders) {
    const machine = nodes.find(({ plan }) => plan.id === node);
    if (chronicle.losses.some((loss) => loss.host === host) || machine?.isMember === false) continue;
    if (machine?.blobDisk.isDurable(output.digest) !== true) chronicle.violate('world', `${node} does not hold the result of ${key}, though the fact says so`);
  }
}

/** Is it what some version of the job type makes of the task? */
function mayMake(record: JobRecord, step: string, index: number, digest: string): boolean {
  for (let version = 1; version <= mostVersions; version += 1) {
    if (
      digest ===
      createHash('sha256')
        .update(outputBytes(record, step, index, version))
        .digest('hex')
    )
      return true;
  }
  return false;
}

/** The whole state as one text, whatever the order in which its maps were filled. */
export function stateText(state: JobState | ClusterState): string {
  return JSON.stringify(state, (_, value: unknown) => {
    if (value instanceof Map) return [...value].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
    if (value instanceof Set) return [...value].sort();
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
    return value;
  });
}
