/** Decisions that were said to be final: which they are, who must know them, and that none is undone. */

import type { CoordinationReply, CoordinationRequest } from '../../daemon/wire/coordination-protocol.ts';
import { attemptKey, sameAttempt } from '../../src/model/attempt.ts';
import type { Ended, Fact, ResultKept } from '../../src/model/facts.ts';
import type { HostId, NodeId, Term } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { taskKey } from '../../src/model/parameter-space.ts';
import { compareTerms, termText } from '../../src/model/term.ts';
import { isMajority, type Voter } from '../../src/model/voters.ts';
import { type Chronicle, runKey } from './chronicle.ts';
import { knowsOnlyItself } from './lone-founder.ts';
import type { Life, Machine } from './machine.ts';

interface Settled {
  readonly fact: ResultKept | Ended;
  readonly at: number;
  /** Machines of the voters that had it on disk, of so many voters. None where nobody relies on it. */
  readonly copies: readonly HostId[];
  readonly voters: number;
}

export interface SettledNeeds {
  readonly chronicle: Chronicle;
  readonly now: () => number;
  nodes(): Iterable<Machine>;
}

export class SettledFacts {
  readonly #needs: SettledNeeds;
  readonly #settled: Settled[] = [];

  constructor(needs: SettledNeeds) {
    this.#needs = needs;
  }

  /** A coordinator says so. A majority of the voters has it on disk then, and has granted no later term. */
  settles(node: Machine, life: Life, fact: ResultKept | Ended): void {
    const { chronicle, now } = this.#needs;
    chronicle.note(node.plan.id, `settles ${nameOf(fact)} of ${termText(fact.term)}`);
    chronicle.count(fact.type === 'ended' ? 'outcome settled' : 'result settled');
    const voters = life.plane.leadership.voters()?.voters ?? [];
    // Of a voter that lost its disk just now nobody knows yet that it counts no more.
    const isExcused = (voter: Voter): boolean => this.#hasJustLost(voter, node);
    const holds = (voter: Voter): boolean => this.#holds(voter, fact);
    const copies = voters.filter(holds).flatMap(({ node: id }) => this.#machine(id)?.plan.host ?? []);
    const isFounder = knowsOnlyItself(node, chronicle, now());
    this.#settled.push({ fact, at: now(), copies: isFounder ? [] : copies, voters: voters.length });
    // Of a removed job a place in the chain is enough.
    if (isFounder || chronicle.doomed.has(fact.job)) return;
    if (!isMajority(voters, (voter) => holds(voter) || isExcused(voter)))
      chronicle.violate(node.plan.id, `settles ${nameOf(fact)}, which no majority of the voters has on disk`);
    const isHeld = (voter: Voter): boolean => isExcused(voter) || (holds(voter) && !this.#hasGrantedAfter(voter, fact.term));
    if (!isMajority(voters, isHeld)) chronicle.violate(node.plan.id, `settles ${nameOf(fact)} though a majority has granted a later term`);
  }

  /** A worker was told that its result is final. */
  answered(node: NodeId, request: CoordinationRequest, reply: CoordinationReply): void {
    if (request.type !== 'offer' || reply.type !== 'kept' || reply.quorate !== true) return;
    const { chronicle } = this.#needs;
    const isSettled = this.#settled.some(({ fact }) => fact.type === 'result-kept' && sameAttempt(fact.attempt, request.attempt));
    if (!isSettled) chronicle.violate(node, `is told that ${runKey(request.attempt)} is settled, which nobody settled`);
  }

  /** Whoever is quorate knows what was settled before. */
  checkKnown(node: Machine, life: Life): void {
    for (const { fact, at } of this.#lasting()) {
      if (at === this.#needs.now() || node.contents.has(fact) || life.plane.journal.job(fact.job)?.removed === true) continue;
      this.#needs.chronicle.violate(node.plan.id, `is quorate and does not know ${nameOf(fact)} of ${termText(fact.term)}, which is settled`);
    }
  }

  checkTheEnd(stateOf: (fact: Fact) => JobState | undefined): void {
    for (const { fact } of this.#lasting()) {
      const state = stateOf(fact);
      if (state === undefined || state.removed || stands(state, fact)) continue;
      this.#needs.chronicle.violate('world', `${nameOf(fact)} was settled in ${termText(fact.term)} and is not what counts in the end`);
    }
  }

  /** Those that no loss of disks undid: most of the voters have had it ever since. */
  #lasting(): readonly Settled[] {
    const { chronicle } = this.#needs;
    const isIntact = ({ at, copies, voters }: Settled): boolean => 2 * copies.filter((host) => !chronicle.hasLost(host, at)).length > voters;
    return this.#settled.filter((settled) => !chronicle.doomed.has(settled.fact.job) && isIntact(settled));
  }

  #holds({ node, store }: Voter, fact: Fact): boolean {
    const machine = this.#machine(node);
    return machine?.disk.storeId === store && machine.contents.has(fact);
  }

  #hasGrantedAfter({ node }: Voter, term: Term): boolean {
    const granted = this.#machine(node)?.disk.seat?.granted;
    return granted !== undefined && compareTerms(granted, term) > 0;
  }

  #hasJustLost({ node }: Voter, listener: Machine): boolean {
    const host = this.#machine(node)?.plan.host;
    return host !== undefined && this.#needs.chronicle.hasJustLost(host, listener);
  }

  #machine(id: NodeId): Machine | undefined {
    return [...this.#needs.nodes()].find(({ plan }) => plan.id === id);
  }
}

function stands(state: JobState, fact: ResultKept | Ended): boolean {
  if (fact.type === 'ended') return state.ended.get(fact.generation)?.outcome === fact.outcome;
  const { attempt } = fact;
  const winner = state.results.get(taskKey(attempt.step, attempt.index));
  return state.lostAttempts.has(attemptKey(attempt)) || (winner !== undefined && sameAttempt(winner.attempt, attempt));
}

function nameOf(fact: ResultKept | Ended): string {
  return fact.type === 'ended' ? `${fact.outcome} of ${fact.job.slice(0, 6)} ${fact.generation}` : runKey(fact.attempt);
}
