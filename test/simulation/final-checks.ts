/** What must hold at the end: faults over, everybody back, enough time passed. */
import type { Fact } from '../../src/model/facts.ts';
import type { AttemptName } from '../../src/model/job.ts';
import { taskKey } from '../../src/model/parameter-space.ts';
import { jobPhase } from '../../src/model/phase.ts';
import { sameTerm } from '../../src/model/term.ts';
import { type Chronicle, runKey } from './chronicle.ts';
import type { Fault } from './faults.ts';
import { checkJob, isOrphan, lacksResults, stateText, waitsForVoters } from './job-checks.ts';
import type { Machine } from './machine.ts';
import { checkRemoved, uncollected } from './removal-checks.ts';

/** A fault may make a task run twice for as long afterwards as it takes to notice: leases, time-outs, connections that linger. */
const causeLastsMs = 25_000;

/** What there still is to wait for; undefined when every job has ended everywhere, and all follow one coordinator. */
export function unsettled(nodes: readonly Machine[], chronicle: Chronicle): string | undefined {
  const planes = nodes.map(({ life }) => (life?.ready === true ? life.plane : undefined));
  const [first] = planes;
  const term = first?.leadership.current();
  if (first === undefined || term === undefined) return 'there is no coordinator';
  for (const [place, plane] of planes.entries()) {
    const id = nodes[place]?.plan.id;
    if (plane === undefined) return `${id} is not ready`;
    if (!sameTerm(plane.leadership.current(), term)) return `${id} follows another coordinator`;
    if (plane.leadership.isMine() !== (term.node === plane.membership.self)) return `${id} is in doubt whether it coordinates`;
    if (plane.worker.runningCount() > 0) return `${id} runs tasks`;
    if ((nodes[place]?.host.tasks().length ?? 0) > 0) return `${id} still has tasks that are over`;
    if (plane.journal.jobs().size !== first.journal.jobs().size) return `${id} knows other jobs`;
    for (const state of plane.journal.jobs().values()) {
      const other = first.journal.job(state.id);
      const name = state.record?.key ?? state.id.slice(0, 6);
      if (other?.removed !== state.removed) return `${id} knows ${name} differently`;
      if (state.removed) continue;
      if (state.record === undefined && !isOrphan(state, nodes, chronicle)) return `${id} lacks the record of ${name}`;
      if (other === undefined || state.generation !== other.generation || state.results.size !== other.results.size) return `${id} knows ${name} differently`;
      if (isOrphan(state, nodes, chronicle) || waitsForVoters(state, nodes)) continue;
      if (!state.ended.has(state.generation)) return `${name} has not ended for ${id}`;
      if (lacksResults(state, nodes)) return `results of ${name} are nowhere`;
    }
  }
  return uncollected(nodes);
}

export function checkTheEnd(nodes: readonly Machine[], chronicle: Chronicle, faults: readonly Fault[]): void {
  const violate = (text: string): void => chronicle.violate('world', text);
  checkSeat(nodes, violate);
  const [first] = nodes;
  const jobs = first?.life?.plane.journal.jobs();
  if (first === undefined || jobs === undefined) return;
  checkPromises(nodes, chronicle, violate);
  for (const { plan, host } of nodes) if (host.tasks().length > 0) violate(`tasks are left on ${plan.id}`);
  for (const state of jobs.values()) {
    const expected = stateText(state);
    for (const { plan, life } of nodes) {
      const other = life?.plane.journal.job(state.id);
      if (other === undefined || stateText(other) !== expected) violate(`${plan.id} and ${first.plan.id} differ about ${state.id.slice(0, 6)}`);
    }
    checkJob(state, nodes, chronicle);
  }
  checkRemoved(nodes, chronicle);
  checkKept(first, chronicle, violate);
  checkRepeats(chronicle, faults, violate);
}

/** What was acknowledged with c copies survives the loss of any c-1 machines. */
function checkPromises(nodes: readonly Machine[], chronicle: Chronicle, violate: (text: string) => void): void {
  for (const [id, promise] of chronicle.acknowledged) {
    if (promise.copies.some((host) => chronicle.hasLost(host, promise.at))) chronicle.count('copy of an acknowledged job was lost');
    if (!chronicle.mustHold(promise)) continue;
    const without = nodes.filter(({ life }) => {
      const state = life?.plane.journal.job(id);
      return state?.record === undefined && state?.removed !== true;
    });
    for (const { plan } of without) violate(`${plan.id} does not know the acknowledged ${promise.key}`);
    if (promise.copies.length < 3 && nodes.length > promise.copies.length && without.length === 0) {
      chronicle.count('such a submission had all its copies in the end');
    }
  }
  for (const promise of chronicle.cancelled) {
    if (!chronicle.mustHold(promise)) continue;
    for (const { plan, life } of nodes) {
      const state = life?.plane.journal.job(promise.job);
      if (state?.removed === true) continue;
      if (state?.cancelledGenerations.has(promise.generation) !== true) violate(`${plan.id} has lost the cancellation of ${promise.job.slice(0, 6)}`);
      if ((state?.results.size ?? 0) > 0) chronicle.count('cancelled job had results');
      const outcome = state?.ended.get(promise.generation)?.outcome;
      if (outcome !== undefined && outcome !== 'cancelled') chronicle.count('cancel raced the last result');
    }
  }
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

/** No coordinator keeps two results of one task in one term; two of different terms that differ are reported. */
function checkKept(first: Machine, chronicle: Chronicle, violate: (text: string) => void): void {
  const inTerm = new Map<string, string>();
  const facts = [...first.disk.logs.values()].flat().map(({ fact }) => fact as Fact);
  /** Attempts of which the result was lost again: their tasks may have another one. */
  const lost = new Set(facts.flatMap((fact) => (fact.type === 'result-lost' ? [nameOf(fact.attempt)] : [])));
  const contents = new Map<string, string>();
  for (const result of facts) {
    if (result.type !== 'result-kept' || lost.has(nameOf(result.attempt))) continue;
    const { attempt, term, outputs } = result;
    const task = `${attempt.job} ${attempt.step}/${attempt.index}`;
    const termName = `${term.number}@${term.node}`;
    const key = `${task} in ${termName}`;
    const name = nameOf(attempt);
    if (inTerm.has(key) && inTerm.get(key) !== name && !chronicle.reusedTerms.has(termName)) violate(`two results of ${runKey(attempt)} were kept in one term`);
    inTerm.set(key, name);
    const content = JSON.stringify(outputs.map(({ digest }) => digest));
    const before = contents.get(task);
    contents.set(task, content);
    const state = first.life?.plane.journal.job(attempt.job);
    if (before === undefined || state === undefined || jobPhase(state) === 'removed') continue;
    const isReported = state.conflicts.has(taskKey(attempt.step, attempt.index));
    if (before !== content && !isReported) violate(`two different results of ${runKey(attempt)} were kept and nobody is told`);
    chronicle.count(before === content ? 'two results of one task kept, alike' : 'two results of one task kept, in conflict');
  }
}

function nameOf({ job, step, index, generation, attempt, node, term }: AttemptName): string {
  return JSON.stringify([job, step, index, generation, attempt, node, term.number, term.node]);
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
