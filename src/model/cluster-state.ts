/**
 * Folding cluster facts into what the cluster knows: a join, so commutative, associative and idempotent. Removals, admins and
 * revocations are sets that only grow; of a token that was told twice, of a secret and of the audit's lines a total order decides.
 */
import type { AdminAdded, Audited, ClusterFact, MemberRemoved, SecretRemoved, SecretSet, TokenCreated } from './cluster-facts.ts';
import { linesOfMachine } from './cluster-facts.ts';
import { compareValues } from './compare.ts';
import type { Digest, NodeId } from './job.ts';

export interface ClusterState {
  /** By node, every removal of it, in a fixed order. Only those whose signature was verified. */
  readonly removals: ReadonlyMap<NodeId, readonly MemberRemoved[]>;
  /** By public key. Only those whose signature was verified. */
  readonly admins: ReadonlyMap<string, AdminAdded>;
  /** By id, revoked and expired ones too. */
  readonly tokens: ReadonlyMap<string, TokenCreated>;
  /** By the hash of its text, the ids of the tokens that have it: one, unless a member lies. */
  readonly tokenIds: ReadonlyMap<Digest, ReadonlySet<string>>;
  readonly revokedTokens: ReadonlySet<string>;
  /** By name, removed ones too. */
  readonly secrets: ReadonlyMap<string, SecretSet | SecretRemoved>;
  /** By shelf (`shelfOf`), the oldest first; the newest `linesOfMachine` of each. */
  readonly audit: ReadonlyMap<string, readonly Audited[]>;
}

/** Changed in place by `foldClusterInto`. Whoever only reads sees a ClusterState. */
export interface MutableClusterState extends ClusterState {
  readonly removals: Map<NodeId, readonly MemberRemoved[]>;
  readonly admins: Map<string, AdminAdded>;
  readonly tokens: Map<string, TokenCreated>;
  readonly tokenIds: Map<Digest, ReadonlySet<string>>;
  readonly revokedTokens: Set<string>;
  readonly secrets: Map<string, SecretSet | SecretRemoved>;
  readonly audit: Map<string, Audited[]>;
}

export function emptyClusterState(): MutableClusterState {
  const [removals, admins, tokens, tokenIds, secrets, audit] = [new Map(), new Map(), new Map(), new Map(), new Map(), new Map()];
  return { removals, admins, tokens, tokenIds, revokedTokens: new Set(), secrets, audit };
}

/** The winner comes first. */
function compareSecrets(a: SecretSet | SecretRemoved, b: SecretSet | SecretRemoved): number {
  if (a.clock !== b.clock) return b.clock - a.clock;
  if (a.node !== b.node) return a.node < b.node ? 1 : -1;
  // One writer says one thing at one time, unless its disk was restored; a removal then is the safe reading.
  if (a.type !== b.type) return a.type === 'secret-removed' ? -1 : 1;
  return compareValues(a, b);
}

/** The older comes first. */
function compareLines(a: Audited, b: Audited): number {
  return a.at - b.at || compareValues(a, b);
}

function takeFirst<V>(map: Map<string, V>, key: string, challenger: V, compare: (a: V, b: V) => number): boolean {
  const holder = map.get(key);
  if (holder !== undefined && compare(holder, challenger) <= 0) return false;
  map.set(key, challenger);
  return true;
}

function foldRemoval(state: MutableClusterState, fact: MemberRemoved): boolean {
  const known = state.removals.get(fact.node) ?? [];
  if (known.some((other) => compareValues(other, fact) === 0)) return false;
  state.removals.set(fact.node, [...known, fact].sort(compareValues));
  return true;
}

/** Of somebody who cannot flood the audit, or may: the owner, admins, and what succeeded through doors that only machines of the cluster pass. */
export function isTrusted({ door, role, outcome }: Pick<Audited, 'door' | 'role' | 'outcome'>): boolean {
  return door === 'socket' || role === 'admin' || (role === undefined && outcome === 'done');
}

/** Lines that share room: of one machine, of those who are trusted or the others, done or in vain. */
export function shelfOf(line: Audited): string {
  const whose = isTrusted(line) ? line.node : `${line.node} of others`;
  return line.outcome === 'done' ? whose : `${whose} in vain`;
}

/** Where the line belongs in the list. */
function placeOf(lines: readonly Audited[], line: Audited): number {
  let [from, to] = [0, lines.length];
  // Most come in the order of time: looked at from the end.
  if (to > 0 && compareLines(lines[to - 1] as Audited, line) < 0) return to;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (compareLines(lines[middle] as Audited, line) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

function foldLine(state: MutableClusterState, line: Audited): boolean {
  const shelf = shelfOf(line);
  const lines = state.audit.get(shelf) ?? [];
  const place = placeOf(lines, line);
  const next = lines[place];
  if (next !== undefined && compareLines(next, line) === 0) return false;
  if (place === 0 && lines.length >= linesOfMachine) return false;
  lines.splice(place, 0, line);
  if (lines.length > linesOfMachine) lines.shift();
  state.audit.set(shelf, lines);
  return true;
}

function foldToken(state: MutableClusterState, fact: TokenCreated): boolean {
  const before = state.tokens.get(fact.id);
  if (!takeFirst(state.tokens, fact.id, fact, compareValues)) return false;
  const without = (hash: Digest): string[] => [...(state.tokenIds.get(hash) ?? [])].filter((id) => id !== fact.id);
  if (before !== undefined) {
    const left = without(before.hash);
    if (left.length === 0) state.tokenIds.delete(before.hash);
    else state.tokenIds.set(before.hash, new Set(left));
  }
  state.tokenIds.set(fact.hash, new Set([...without(fact.hash), fact.id].sort()));
  return true;
}

function foldRevoked(state: MutableClusterState, id: string): boolean {
  if (state.revokedTokens.has(id)) return false;
  state.revokedTokens.add(id);
  return true;
}

/** Adds one fact to the state in place; false when it said nothing new. What is signed must have been verified before. */
export function foldClusterInto(state: MutableClusterState, fact: ClusterFact): boolean {
  switch (fact.type) {
    case 'member-removed':
      return foldRemoval(state, fact);
    case 'admin-added':
      return takeFirst(state.admins, fact.key, fact, compareValues);
    case 'token-created':
      return foldToken(state, fact);
    case 'token-revoked':
      return foldRevoked(state, fact.id);
    case 'secret-set':
    case 'secret-removed':
      return takeFirst(state.secrets, fact.name, fact, compareSecrets);
    case 'audited':
      return foldLine(state, fact);
    default:
      return fact satisfies never;
  }
}

/** An independent copy; the facts themselves are shared. */
export function copyClusterState(state: ClusterState): MutableClusterState {
  return {
    removals: new Map(state.removals),
    admins: new Map(state.admins),
    tokens: new Map(state.tokens),
    tokenIds: new Map(state.tokenIds),
    revokedTokens: new Set(state.revokedTokens),
    secrets: new Map(state.secrets),
    audit: new Map([...state.audit].map(([node, lines]) => [node, [...lines]])),
  };
}

/** Can nothing that comes later make the fact matter again? Then it may go from the disks: an old value of a secret, a line that others pushed out. */
export function isSuperseded(state: ClusterState, fact: ClusterFact): boolean {
  if (fact.type === 'secret-set') {
    const winner = state.secrets.get(fact.name);
    return winner !== undefined && compareSecrets(winner, fact) < 0;
  }
  if (fact.type !== 'audited') return false;
  const lines = state.audit.get(shelfOf(fact)) ?? [];
  const [oldest] = lines;
  return lines.length >= linesOfMachine && oldest !== undefined && compareLines(fact, oldest) < 0;
}
