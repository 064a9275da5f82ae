import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jobIdOf } from '../../../daemon/records/canonical.ts';
import { readFact } from '../../../daemon/records/fact-schema.ts';
import { deepestJson } from '../../../daemon/records/json.ts';
import type { JobRecord } from '../../../src/model/job.ts';
import { anyClusterFact } from '../../support/cluster-fact-arbitraries.ts';
import { anyFact, record, step } from '../../support/fact-arbitraries.ts';

const good = record([step('draw', 3), step('join', 1, ['draw'])]);
const submitted = (of: JobRecord) => readFact({ type: 'submitted', job: jobIdOf(of), at: 0, record: of });

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}

describe('reading a fact', () => {
  test('returns every fact of the model as it came', () => {
    fc.assert(
      fc.property(anyFact, (drawn) => {
        const fact = drawn.type === 'submitted' ? { ...drawn, job: jobIdOf(drawn.record) } : drawn;
        const reading = readFact(fact);
        expect(reading).toEqual({ kind: 'fact', fact });
        expect(reading.kind === 'fact' && reading.fact).toBe(fact);
      }),
    );
  });

  test('returns every fact about the cluster as it came', () => {
    fc.assert(
      fc.property(anyClusterFact, (fact) => {
        const reading = readFact(fact);
        expect(reading).toEqual({ kind: 'cluster', fact });
        expect(reading.kind === 'cluster' && reading.fact).toBe(fact);
      }),
    );
  });

  test('refuses facts about the cluster that are too long, or would disturb a terminal or a path', () => {
    const audited = { type: 'audited', at: 0, node: 'n1', who: 'owner', door: 'socket', action: 'job-submitted', subject: '', outcome: 'done' };
    expect(readFact({ ...audited, subject: 'Grüße 🎬' }).kind).toBe('cluster');
    expect(readFact({ ...audited, detail: 'x'.repeat(500) }).kind).toBe('cluster');
    for (const detail of ['x'.repeat(501), '\u001b[2J', 'a\nb', '\u202e', 'half \ud800']) expect(readFact({ ...audited, detail }).kind).toBe('invalid');
    const secret = { type: 'secret-set', at: 0, clock: 1, node: 'n1', sealed: 'b25l', by: 'owner' };
    expect(readFact({ ...secret, name: 'API_KEY' }).kind).toBe('cluster');
    for (const name of ['', '.', '../x', 'a/b', '-x', 'a b', 'x'.repeat(65)]) expect(readFact({ ...secret, name }).kind).toBe('invalid');
    expect(readFact({ ...secret, name: 'API_KEY', sealed: 'x'.repeat(49_153) }).kind).toBe('invalid');
    expect(readFact({ ...audited, job: 'a'.repeat(64) }).kind).toBe('invalid');
  });

  test('tells a type of a newer version from nonsense', () => {
    expect(readFact({ type: 'expanded', job: 'a'.repeat(64), at: 0 }).kind).toBe('unknown');
    for (const nonsense of [null, 1, 'removed', [], {}, { type: 7 }, { type: 'removed' }, { type: 'removed', job: 'short', at: 0 }]) {
      expect(readFact(nonsense).kind).toBe('invalid');
    }
  });

  test('refuses keys that nobody knows', () => {
    expect(readFact({ type: 'removed', job: 'a'.repeat(64), at: 0, more: 1 }).kind).toBe('invalid');
  });

  test('refuses a record under an id that is not its digest', () => {
    const reading = readFact({ type: 'submitted', job: 'a'.repeat(64), at: 0, record: good });
    expect(reading).toEqual({ kind: 'invalid', reason: 'job is not the digest of the record' });
  });

  test('refuses an attempt of another job', () => {
    const term = { number: 1, node: 'n1' };
    const attempt = { term, job: 'b'.repeat(64), generation: 1, step: 'draw', index: 0, attempt: 1, node: 'n1' };
    const failure = { code: 'task-failed', message: '', retry: true, blameNode: false, logTail: '' };
    expect(readFact({ type: 'attempt-failed', job: 'a'.repeat(64), at: 0, attempt, failure })).toMatchObject({ kind: 'invalid' });
  });

  test('refuses steps with one name, unknown needs, or too many tasks', () => {
    expect(submitted(good).kind).toBe('fact');
    expect(submitted({ ...good, steps: [step('draw', 1), step('draw', 1)] }).kind).toBe('invalid');
    expect(submitted({ ...good, steps: [step('draw', 1, ['paint'])] }).kind).toBe('invalid');
    expect(submitted({ ...good, steps: [step('draw', 2_000_000_000)] }).kind).toBe('invalid');
    expect(submitted({ ...good, steps: [step('a/b', 1)] }).kind).toBe('invalid');
  });

  test('refuses settings nested deeper than anybody writes them', () => {
    expect(submitted({ ...good, settings: { a: nested(deepestJson - 1) as never } }).kind).toBe('fact');
    expect(submitted({ ...good, settings: { a: nested(deepestJson) as never } }).kind).toBe('invalid');
  });
});
