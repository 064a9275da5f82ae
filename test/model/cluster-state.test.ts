import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Audited, type ClusterFact, linesOfMachine, type SecretSet } from '../../src/model/cluster-facts.ts';
import { type ClusterState, copyClusterState, emptyClusterState, foldClusterInto, isSuperseded } from '../../src/model/cluster-state.ts';
import { clusterFactLists } from '../support/cluster-fact-arbitraries.ts';

function fold(facts: readonly ClusterFact[], state = emptyClusterState()): ClusterState {
  for (const fact of facts) foldClusterInto(state, fact);
  return state;
}

/** As plain values in one order, so that only content is compared. */
function canonical(state: ClusterState): unknown {
  const sorted = <T>(values: Iterable<T>): readonly T[] => [...values].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return Object.fromEntries(Object.entries(state).map(([name, values]) => [name, sorted(values as Iterable<unknown>)]));
}

const shuffled = clusterFactLists.chain((facts) => fc.tuple(fc.constant(facts), fc.shuffledSubarray([...facts, ...facts], { minLength: facts.length * 2 })));

const line = (at: number, node = 'n1'): Audited => ({
  ...{ type: 'audited', at, node, who: 'owner', door: 'socket', action: 'job-submitted', subject: '', outcome: 'done' },
});
const secret = (clock: number, node = 'n1', sealed = 'b25l'): SecretSet => ({ type: 'secret-set', at: 0, name: 'API_KEY', clock, node, sealed, by: 'owner' });

describe('folding cluster facts', () => {
  test('gives one state whatever the order and repetition of facts', () => {
    fc.assert(
      fc.property(shuffled, ([facts, again]) => {
        expect(canonical(fold(again))).toEqual(canonical(fold(facts)));
      }),
      { numRuns: 500 },
    );
  });

  test('gives one state however facts are grouped: a state can be joined with the facts of another', () => {
    fc.assert(
      fc.property(clusterFactLists, clusterFactLists, (left, right) => {
        const [leftState, rightState] = [copyClusterState(fold(left)), copyClusterState(fold(right))];
        expect(canonical(fold(right, leftState))).toEqual(canonical(fold(left, rightState)));
      }),
    );
  });

  test('changes nothing, and says so, for facts already folded', () => {
    fc.assert(
      fc.property(clusterFactLists, (facts) => {
        const state = copyClusterState(fold(facts));
        const was = canonical(state);
        for (const fact of facts) expect(foldClusterInto(state, fact)).toBe(false);
        expect(canonical(state)).toEqual(was);
      }),
    );
  });

  test('needs nothing that it calls superseded: without those facts it is the same, whatever comes later', () => {
    fc.assert(
      fc.property(clusterFactLists, clusterFactLists, (facts, later) => {
        const state = fold(facts);
        const left = facts.filter((fact) => !isSuperseded(state, fact));
        expect(canonical(fold([...left, ...later]))).toEqual(canonical(fold([...facts, ...later])));
      }),
    );
  });

  test('takes the last writer of a secret by clock, then node; a value that was set anew or removed is superseded', () => {
    const removed: ClusterFact = { type: 'secret-removed', at: 0, name: 'API_KEY', clock: 2, node: 'n1' };
    const state = fold([secret(1), removed, secret(2, 'n0')]);
    expect(state.secrets.get('API_KEY')).toBe(removed);
    expect([secret(1), secret(2, 'n0')].map((fact) => isSuperseded(state, fact))).toEqual([true, true]);
    const anew = secret(3);
    expect(fold([anew, removed]).secrets.get('API_KEY')).toBe(anew);
    expect(isSuperseded(fold([anew]), anew)).toBe(false);
  });

  test('never takes a revocation back, and knows one before its token', () => {
    const id = '0123456789abcdef';
    const created: ClusterFact = { type: 'token-created', at: 9, id, hash: 'd'.repeat(64), role: 'user', name: 'ci', expires: 99, by: 'owner', ending: 'abcd' };
    const state = fold([{ type: 'token-revoked', at: 0, id }, created]);
    expect(state.revokedTokens.has(id)).toBe(true);
    expect(state.tokens.get(id)).toBe(created);
  });

  test('keeps what was done though any number of attempts in vain came after it', () => {
    const refused = Array.from({ length: linesOfMachine + 1 }, (_, at): Audited => ({ ...line(at + 10), outcome: 'refused' }));
    const state = fold([line(1), ...refused]);
    expect(state.audit.get('n1')).toEqual([line(1)]);
    expect(isSuperseded(state, refused[0] as Audited)).toBe(true);
  });

  test('keeps what the owner and admins did, or tried, though any number of other callers and strangers came after it', () => {
    const by = (at: number, role: 'user' | 'admin' | undefined, outcome: Audited['outcome']): Audited => ({
      ...{ ...line(at), who: `token:${role}`, door: 'http', outcome },
      ...(role === undefined ? {} : { role }),
    });
    const kept = [line(1), by(2, 'admin', 'done'), by(3, 'admin', 'failed')];
    const flood = Array.from({ length: linesOfMachine + 1 }, (_, at) => [by(at + 10, 'user', 'done'), by(at + 10, undefined, 'refused')]).flat();
    const state = fold([...kept, ...flood]);
    expect(kept.map((fact) => isSuperseded(state, fact))).toEqual([false, false, false]);
    expect([...state.audit.values()].flat()).toEqual(expect.arrayContaining(kept));
  });

  test('finds the ids of tokens by their hash, also where one was told twice', () => {
    const token = (id: string, hash: string, at = 0): ClusterFact => ({
      ...{ type: 'token-created', at, id, hash: hash.repeat(64), role: 'user', name: 'ci', expires: 99, by: 'owner', ending: 'abcd' },
    });
    const ids = ({ tokenIds }: ClusterState) => [...tokenIds].map(([hash, found]) => [hash[0], ...found]).toSorted();
    const told = [token('2', 'd', 2), token('1', 'd'), token('2', 'e', 1)];
    expect(ids(fold(told))).toEqual([
      ['d', '1'],
      ['e', '2'],
    ]);
    expect(ids(fold(told.toReversed()))).toEqual(ids(fold(told)));
    expect(ids(fold(told.slice(0, 2)))).toEqual([['d', '1', '2']]);
  });

  test('keeps the newest lines of each machine, so that one machine cannot push out what another saw', () => {
    const lines = Array.from({ length: linesOfMachine + 10 }, (_, at) => line(at));
    const state = fold([line(-5, 'n2'), ...lines.toReversed()]);
    expect(state.audit.get('n1')?.map(({ at }) => at)).toEqual(lines.slice(10).map(({ at }) => at));
    expect(state.audit.get('n2')).toHaveLength(1);
    expect(isSuperseded(state, line(9))).toBe(true);
    expect(isSuperseded(state, line(10))).toBe(false);
    expect(canonical(fold(lines))).toEqual(canonical(fold(lines.toReversed())));
  });
});
