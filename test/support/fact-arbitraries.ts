/** Random facts about one job from a world so small that conflicts, repeats and lies are common. */
import fc from 'fast-check';
import type { Fact } from '../../src/model/facts.ts';
import type { AttemptName, JobRecord, Step } from '../../src/model/job.ts';

export const testJob = 'a'.repeat(64);

export function step(name: string, tasks: number, needs: readonly string[] = [], maxAttempts = 2): Step {
  return {
    name,
    needs,
    parameters: [{ name: 'frame', type: 'INT', ranges: [{ first: 1, last: tasks, step: 1 }] }],
    requirements: { cores: 1, memoryBytes: 0, programs: [] },
    maxAttempts,
    script: {},
  };
}

export function record(steps: readonly Step[], changes: Partial<JobRecord> = {}): JobRecord {
  return {
    owner: 'ada',
    key: 'k1',
    name: 'cube',
    type: 'render',
    plugin: { name: 'render', version: '1.0.0', digest: 'b'.repeat(64) },
    settings: {},
    inputs: { tree: 'c'.repeat(64), files: 1, bytes: 10 },
    steps,
    submitter: 'n1',
    submittedAt: 0,
    outputFolder: '/out',
    ...changes,
  };
}

const node = fc.constantFrom('n1', 'n2', 'n3');
const term = fc.record({ number: fc.integer({ min: 1, max: 3 }), node });
const generation = fc.integer({ min: 1, max: 3 });
const at = fc.integer({ min: 0, max: 2 });
const digest = fc.constantFrom('d'.repeat(64), 'e'.repeat(64));

const attempt: fc.Arbitrary<AttemptName> = fc.record({
  term,
  job: fc.constant(testJob),
  generation,
  step: fc.constantFrom('draw', 'join', 'stray'),
  // One more than there are tasks: a result outside the space must not confuse the counting.
  index: fc.integer({ min: 0, max: 3 }),
  attempt: fc.integer({ min: 1, max: 3 }),
  node,
});

const records = fc.constantFrom(record([step('draw', 3), step('join', 2, ['draw'])]), record([step('draw', 2)], { name: 'a lie' }));
const common = { job: fc.constant(testJob), at };

const degradedFact: fc.Arbitrary<Fact> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ ...common, type: fc.constant('submitted' as const), record: records }) },
  {
    weight: 6,
    arbitrary: fc.record({
      ...common,
      type: fc.constant('result-kept' as const),
      attempt,
      term,
      outputs: fc.array(fc.record({ path: fc.constantFrom('1.png', '2.png'), digest, size: fc.constant(1) }), { maxLength: 2 }),
      report: fc.record({ process: fc.nat(2), startedAt: at, seconds: fc.constant(1), warnings: fc.constant([]) }),
      holders: fc.array(fc.record({ node, host: node }), { maxLength: 2 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      ...common,
      type: fc.constant('attempt-failed' as const),
      attempt,
      failure: fc.record({
        code: fc.constant('task-failed'),
        message: fc.constantFrom('no', 'never'),
        retry: fc.boolean(),
        blameNode: fc.boolean(),
        logTail: fc.constant(''),
      }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ ...common, type: fc.constant('result-lost' as const), attempt }) },
  { weight: 1, arbitrary: fc.record({ ...common, type: fc.constant('delivered' as const), generation }) },
  { weight: 1, arbitrary: fc.record({ ...common, type: fc.constant('cancelled' as const), generation }) },
  { weight: 1, arbitrary: fc.record({ ...common, type: fc.constant('retried' as const), generation }) },
  {
    weight: 2,
    arbitrary: fc.record({
      ...common,
      type: fc.constant('ended' as const),
      generation,
      outcome: fc.constantFrom('succeeded' as const, 'failed' as const, 'partly-failed' as const),
      term,
      kept: fc.nat(2),
      failed: fc.constant([]),
    }),
  },
  { weight: 2, arbitrary: fc.record({ ...common, type: fc.constant('pause-set' as const), paused: fc.boolean(), clock: fc.nat(2), node }) },
);

/** Half of what coordinators decide was decided in a quorate term. */
export const anyFact: fc.Arbitrary<Fact> = fc
  .tuple(degradedFact, fc.boolean())
  .map(([fact, quorate]) => (quorate && (fact.type === 'result-kept' || fact.type === 'ended') ? { ...fact, quorate: true } : fact));

export const removedFact: fc.Arbitrary<Fact> = fc.record({ ...common, type: fc.constant('removed' as const) });

/** Facts of one job; one list in eight contains a removal. */
export const factLists: fc.Arbitrary<readonly Fact[]> = fc.oneof(
  { weight: 7, arbitrary: fc.array(anyFact, { maxLength: 30 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.array(anyFact, { maxLength: 12 }), removedFact, fc.array(anyFact, { maxLength: 12 })).map(([a, b, c]) => [...a, b, ...c]),
  },
);
