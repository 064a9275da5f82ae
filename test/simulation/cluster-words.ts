/** What people say about the cluster itself, at any node and at any time: tokens, secrets, removals, lines of the audit. All of it must come to everybody. */
import type { Clock } from '../../daemon/clock.ts';
import type { ClusterFact } from '../../src/model/cluster-facts.ts';
import { type ClusterState, copyClusterState, foldClusterInto, isSuperseded } from '../../src/model/cluster-state.ts';
import type { NodeId } from '../../src/model/job.ts';
import { type SeededRandomness, seededRandomness } from '../support/seeded-randomness.ts';
import type { Acknowledged, Chronicle } from './chronicle.ts';
import { stateText } from './job-checks.ts';
import type { Life, Machine } from './machine.ts';
import type { SeedPlan } from './plan.ts';
import type { RunningChecks } from './running-checks.ts';

/** Of the seeds. */
const share = 0.3;
const mostWords = 8;
const kinds = [
  'token-created',
  'token-revoked',
  'secret-set',
  'secret-set',
  'secret-set',
  'secret-removed',
  'audited',
  'member-removed',
  'admin-added',
] as const;

interface Word {
  readonly at: number;
  readonly node: NodeId;
  readonly kind: (typeof kinds)[number];
  readonly number: number;
}

export interface ClusterWordsNeeds {
  readonly clock: Clock;
  readonly chronicle: Chronicle;
  readonly checks: RunningChecks;
  readonly nodes: ReadonlyMap<NodeId, Machine>;
}

function drawWords({ seed, nodes, healAt }: SeedPlan): readonly Word[] {
  const draw: SeededRandomness = seededRandomness(seed).fork('cluster words');
  if (!draw.chance(share)) return [];
  return Array.from({ length: 2 + draw.integer(mostWords - 1) }, (_, number) => ({
    at: Math.round(draw.between(500, healAt + 3000)),
    node: draw.pick(nodes).id,
    kind: draw.pick(kinds),
    number,
  }));
}

function factOf({ kind, number, node }: Word, { clock, plane }: Life): ClusterFact {
  const at = clock.wall();
  const id = (number % 3).toString(16).padStart(16, '0');
  const secret = { name: number % 4 === 0 ? 'licence' : 'API_KEY', clock: plane.journal.nextClock(), node };
  const signed = { signedBy: 'second', signature: 'c2ln' };
  switch (kind) {
    case 'token-created':
      return { type: kind, at, id, hash: 'd'.repeat(64), role: 'user', name: `token ${number}`, expires: at, by: 'owner', ending: 'abcd' };
    case 'token-revoked':
      return { type: kind, at, id };
    case 'secret-set':
      return { type: kind, at, ...secret, sealed: `value-${number}`, by: 'owner' };
    case 'secret-removed':
      return { type: kind, at, ...secret };
    case 'audited':
      return { type: kind, at, node, who: 'owner', door: 'socket', action: 'spoke', subject: String(number), outcome: 'done' };
    case 'member-removed':
      return { type: kind, at, node: `gone${number % 2}`, ...signed };
    case 'admin-added':
      return { type: kind, at, key: 'second', name: 'second', signedBy: 'root', signature: 'c2ln' };
    default:
      return kind satisfies never;
  }
}

/** The admins of a simulated cluster: whom the root names. */
export function verifiesInSimulation(fact: { readonly signedBy: string }, { admins }: ClusterState): boolean {
  return fact.signedBy === 'root' || admins.has(fact.signedBy);
}

export class ClusterWords {
  readonly #needs: ClusterWordsNeeds;
  readonly #promised: (Acknowledged & { readonly fact: ClusterFact })[] = [];

  constructor(needs: ClusterWordsNeeds) {
    this.#needs = needs;
  }

  schedule(plan: SeedPlan): void {
    for (const word of drawWords(plan)) this.#needs.clock.after(word.at, () => void this.#say(word));
  }

  async #say(word: Word): Promise<void> {
    const { nodes, chronicle, checks, clock } = this.#needs;
    const node = nodes.get(word.node) as Machine;
    const { life } = node;
    if (life?.ready !== true) return;
    const fact = factOf(word, life);
    chronicle.note(word.node, `says ${fact.type}`);
    try {
      const { copies } = await life.plane.journal.appendCluster(fact, 2000);
      if (node.life !== life) return;
      // Of a value that was set anew meanwhile a place in the chain is enough.
      if (fact.type !== 'secret-set') checks.checkAnyCopy(node, [fact], copies, 'a fact about the cluster');
      this.#promised.push({ fact, at: clock.now(), copies });
    } catch (error) {
      chronicle.note(word.node, `${fact.type}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** What is not the same everywhere yet. */
  unsettled(nodes: readonly Machine[]): string | undefined {
    const [first] = nodes;
    const expected = textOf(first);
    for (const node of nodes) {
      if (textOf(node) !== expected) return `${node.plan.id} knows the cluster differently`;
      if (oldSecret(node) !== undefined) return `${node.plan.id} still has an old secret`;
    }
    return undefined;
  }

  checkTheEnd(nodes: readonly Machine[]): void {
    const { chronicle } = this.#needs;
    const unlike = this.unsettled(nodes);
    if (unlike !== undefined) chronicle.violate('world', unlike);
    for (const promise of this.#promised) {
      if (!chronicle.mustHold(promise)) continue;
      if (promise.fact.type === 'secret-set' && nodes.every(({ life }) => life !== undefined && isSuperseded(life.plane.journal.cluster(), promise.fact)))
        chronicle.count('old value of a secret collected');
      // Signed by whom nobody knows: it waits.
      if (promise.fact.type === 'member-removed' && nodes.every(({ life }) => life?.plane.journal.cluster().admins.size === 0)) continue;
      for (const { plan, life } of nodes) {
        if (life !== undefined && foldClusterInto(copyClusterState(life.plane.journal.cluster()), promise.fact))
          chronicle.violate('world', `${plan.id} has lost what was said about the cluster: ${promise.fact.type}`);
      }
    }
  }
}

function textOf(node: Machine | undefined): string {
  return node?.life === undefined ? '' : stateText(node.life.plane.journal.cluster());
}

function oldSecret({ disk, life }: Machine): unknown {
  if (life === undefined) return undefined;
  const state = life.plane.journal.cluster();
  const facts = [...disk.logs.values()].flat().map(({ fact }) => fact as ClusterFact);
  return facts.find((fact) => fact.type === 'secret-set' && isSuperseded(state, fact));
}
