/** What must hold at the end: faults over, everybody back, enough time passed. */
import { createHash } from 'node:crypto';
import type { ResultKept } from '../../src/model/facts.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { taskCount, taskKey } from '../../src/model/parameter-space.ts';
import { jobPhase } from '../../src/model/phase.ts';
import { sameTerm } from '../../src/model/term.ts';
import { type Chronicle, runKey } from './chronicle.ts';
import type { Fault } from './faults.ts';
import type { Machine } from './machine.ts';
import { outputBytes } from './simulated-tasks.ts';

/** A fault may make a task run twice for as long afterwards as it takes to notice: leases, time-outs, connections that linger. */
const causeLastsMs = 25_000;

/** Is there nothing left to wait for? Every job has ended everywhere, and all follow one coordinator. */
export function isSettled(nodes: readonly Machine[]): boolean {
  const planes = nodes.map(({ life }) => (life?.ready === true ? life.plane : undefined));
  const [first] = planes;
  const term = first?.leadership.current();
  if (first === undefined || term === undefined) return false;
  return planes.every((plane) => {
    if (plane === undefined || !sameTerm(plane.leadership.current(), term)) return false;
    if (plane.leadership.isMine() !== (term.node === plane.membership.self)) return false;
    if (plane.worker.runningCount() > 0 || plane.journal.jobs().size !== first.journal.jobs().size) return false;
    return [...plane.journal.jobs().values()].every((state) => {
      const other = first.journal.job(state.id);
      return other !== undefined && state.ended.has(state.generation) && state.generation === other.generation && state.results.size === other.results.size;
    });
  });
}

export function checkTheEnd(nodes: readonly Machine[], chronicle: Chronicle, faults: readonly Fault[]): void {
  const violate = (text: string): void => chronicle.violate('world', text);
  checkSeat(nodes, violate);
  const views = nodes.map((node) => ({ node, jobs: node.life?.plane.journal.jobs() ?? new Map<string, JobState>() }));
  const [first] = views;
  if (first === undefined) return;
  for (const [id, { key }] of chronicle.acknowledged) {
    for (const { node, jobs } of views) if (jobs.get(id)?.record === undefined) violate(`${node.plan.id} does not know the acknowledged ${key}`);
  }
  for (const state of first.jobs.values()) {
    const expected = stateText(state);
    for (const { node, jobs } of views) {
      const other = jobs.get(state.id);
      if (other === undefined || stateText(other) !== expected) violate(`${node.plan.id} and ${first.node.plan.id} differ about ${state.id.slice(0, 6)}`);
    }
    checkJob(state, nodes, violate);
  }
  for (const { job, generation } of chronicle.cancelled) {
    if (first.jobs.get(job)?.cancelledGenerations.has(generation) !== true) violate(`the cancellation of ${job.slice(0, 6)} is lost`);
  }
  checkOnePerTerm(nodes, violate);
  checkRepeats(chronicle, faults, violate);
}

function checkSeat(nodes: readonly Machine[], violate: (text: string) => void): void {
  const seated = nodes.filter(({ life }) => life?.plane.leadership.isMine() === true);
  const followed = new Set(nodes.map(({ life }) => life?.plane.leadership.current()?.node));
  for (const { plan, life } of nodes) {
    const reached = life?.plane.membership.reachable().length ?? 0;
    if (reached !== nodes.length) violate(`${plan.id} reaches ${reached} of ${nodes.length} nodes`);
  }
  if (seated.length !== 1 || followed.size !== 1) violate(`${seated.length} nodes coordinate and ${followed.size} are followed`);
}

function checkJob(state: JobState, nodes: readonly Machine[], violate: (text: string) => void): void {
  const job = state.id.slice(0, 6);
  const { record } = state;
  if (record === undefined) {
    violate(`the record of ${job} is nowhere`);
    return;
  }
  const phase = jobPhase(state);
  if (phase === 'active' || phase === 'paused') violate(`${job} did not end`);
  for (const step of record.steps) {
    for (let index = 0; index < taskCount(step); index += 1) {
      const result = state.results.get(taskKey(step.name, index));
      if (result !== undefined) checkResult(result, outputBytes(record, step.name, index), nodes, violate);
      else if (phase === 'succeeded') violate(`${job} succeeded without a result of ${step.name}/${index}`);
    }
  }
}

function checkResult(result: ResultKept, expected: Uint8Array, nodes: readonly Machine[], violate: (text: string) => void): void {
  const digest = createHash('sha256').update(expected).digest('hex');
  const key = runKey(result.attempt);
  if (result.outputs.length !== 1 || result.outputs[0]?.digest !== digest) violate(`the result of ${key} has the wrong bytes`);
  for (const { node } of result.holders) {
    const disk = nodes.find(({ plan }) => plan.id === node)?.blobDisk;
    if (disk?.digests().includes(digest) !== true) violate(`${node} does not hold the result of ${key}, though the fact says so`);
  }
}

/** No coordinator keeps two results of one task in one term. */
function checkOnePerTerm(nodes: readonly Machine[], violate: (text: string) => void): void {
  const kept = new Map<string, string>();
  for (const log of nodes[0]?.disk.logs.values() ?? []) {
    for (const { fact } of log) {
      const result = fact as ResultKept;
      if (result.type !== 'result-kept') continue;
      const { attempt, term } = result;
      const key = `${attempt.job} ${attempt.step}/${attempt.index} in ${term.number}@${term.node}`;
      const name = JSON.stringify([attempt.node, attempt.attempt, attempt.term.number, attempt.generation]);
      if (kept.has(key) && kept.get(key) !== name) violate(`two results of ${runKey(attempt)} were kept in one term`);
      kept.set(key, name);
    }
  }
}

/** A task runs again only after a failure, or near a fault or a change of coordinator. */
function checkRepeats(chronicle: Chronicle, faults: readonly Fault[], violate: (text: string) => void): void {
  for (const [key, starts] of chronicle.starts) {
    for (const [place, start] of starts.entries()) {
      const before = starts[place - 1];
      if (before === undefined || before.outcome === 'failed') continue;
      const from = before.at - causeLastsMs;
      const near = (at: number, until = at): boolean => until >= from && at <= start.at;
      const hasCause = chronicle.causes.some((at) => near(at)) || faults.some((fault) => near(fault.from, fault.until));
      if (!hasCause) violate(`${key} ran on ${before.node} and again on ${start.node} without a cause`);
    }
  }
}

/** The whole state as one text, whatever the order in which its maps were filled. */
function stateText(state: JobState): string {
  return JSON.stringify(state, (_, value: unknown) => {
    if (value instanceof Map) return [...value].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
    if (value instanceof Set) return [...value].sort();
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
    return value;
  });
}
