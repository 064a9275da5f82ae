import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf } from '../../../daemon/records/canonical.ts';
import { readFact } from '../../../daemon/records/fact-schema.ts';
import { mostFactBytes } from '../../../daemon/records/protocol.ts';
import { coordinationProtocol } from '../../../daemon/wire/coordination-protocol.ts';
import { outcomeOf } from '../../../daemon/worker/attempts-outcome.ts';
import type { RunResult } from '../../../daemon/worker/task-runner.ts';
import type { OutputFile } from '../../../src/model/job.ts';
import { attemptOf, firstTerm, someReport } from '../../support/jobs.ts';

type Ended = Exclude<RunResult, { readonly type: 'aborted' }>;

const job = digestOf('job');
const attempt = attemptOf(job, 3);

function filesOf(count: number, pathLength: number): readonly OutputFile[] {
  return Array.from({ length: count }, (_, index) => ({ path: `${index}/`.padEnd(pathLength, 'x'), digest: digestOf(index), size: 1 }));
}

function done(outputs: readonly OutputFile[], warnings: readonly string[] = []): Ended {
  return { type: 'done', outputs, report: { ...someReport, warnings } };
}

/** Long texts of few distinct characters, those that JSON makes six of among them. */
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom('', 'a', 'é', '\u0000', '😀'), fc.nat(maxLength)).map(([piece, count]) => piece.repeat(count));

const anyEnd: fc.Arbitrary<Ended> = fc.oneof(
  fc
    .record({ count: fc.nat(1_100), length: fc.nat(3_000), warnings: fc.array(text(4_000), { maxLength: 200 }) })
    .map(({ count, length, warnings }) => done(filesOf(count, length), warnings)),
  fc
    .record({ code: text(64), message: text(16_384), retry: fc.boolean(), blameNode: fc.boolean(), logTail: text(40_000) })
    .map((failure) => ({ type: 'failed' as const, failure })),
);

test('whatever a task says, what is told of it can be taken, and be kept as a fact that others take', () => {
  fc.assert(
    fc.property(anyEnd, (end) => {
      const told = outcomeOf(attempt, end);
      expect(coordinationProtocol.request.parse(JSON.parse(JSON.stringify(told)))).toEqual(told);
      expect(Buffer.byteLength(JSON.stringify(told))).toBeLessThan(coordinationProtocol.maximumBytes - 1024);
      const common = { job, at: 0, attempt };
      const holders = [{ node: 'b', host: 'host-b' }];
      const fact =
        told.type === 'failed'
          ? { ...common, type: 'attempt-failed', failure: told.failure }
          : told.type === 'offer' && { ...common, type: 'result-kept', term: firstTerm, outputs: told.outputs, report: told.report, holders };
      expect(readFact(fact)).toEqual({ kind: 'fact', fact });
      expect(Buffer.byteLength(JSON.stringify(fact))).toBeLessThan(mostFactBytes - 64 * 1024);
    }),
    { numRuns: 60 },
  );
});

test.each([
  [1, 1_025, /0\/xxx.* has 1025 characters/],
  [1_025, 10, /made 1025 files/],
  [1_000, 1_000, /list of the task's 1000 files takes \d+ bytes/],
])('%i files with paths of %i characters are a failure of the task, which no other try mends', (count, length, message) => {
  expect(outcomeOf(attempt, done(filesOf(count, length)))).toMatchObject({
    type: 'failed',
    failure: { code: 'output-invalid', retry: false, blameNode: false, message: expect.stringMatching(message) },
  });
});

test('as many files as a task may make are offered as they are', () => {
  const outputs = filesOf(1_024, 200);
  expect(outcomeOf(attempt, done(outputs))).toMatchObject({ type: 'offer', outputs });
});

test('a failure without a code gets one', () => {
  const failure = { code: '', message: '', retry: true, blameNode: false, logTail: '' };
  expect(outcomeOf(attempt, { type: 'failed', failure })).toMatchObject({ failure: { ...failure, code: 'task-failed' } });
});
