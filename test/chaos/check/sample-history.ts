/** Small made-up histories for the tests of the checker: one in which all went well, and pieces to break it with. */
import { beatFile, beatText } from '../beat-text.ts';
import { standard } from '../faults/profile.ts';
import type { Call, FinalJob, History, Line, TaskSaid, Told } from '../history.ts';
import { check } from './check.ts';
import { digestOf } from './results.ts';

export const { bounds } = standard;

export const submit: Call = {
  type: 'call',
  at: 100,
  ended: 150,
  node: 'n1',
  call: 'submit',
  key: 'k',
  tries: 1,
  outcome: 'ok',
  job: 'id',
  copies: ['lab-n1', 'lab-n2', 'lab-n3'],
  wanted: 3,
  tasks: 2,
};

export const cancel: Call = {
  type: 'call',
  at: 300,
  ended: 320,
  node: 'n2',
  call: 'cancel',
  key: 'k',
  tries: 1,
  outcome: 'ok',
  job: 'id',
  phase: 'cancelled',
  generation: 1,
};

const task = (happened: 'start' | 'end', at: number, index: number, run: string, node = 'n2'): TaskSaid => ({
  type: 'task',
  at,
  node,
  happened,
  key: 'k',
  index,
  run,
});
export const ran = (index: number, at: number, run = `${index}`): Line[] => [task('start', at, index, run), task('end', at + 50, index, run)];
export const told = (phase: Told['phase'], at: number, node = 'n1', kept = 2): Told => ({
  type: 'told',
  at,
  ended: at + 5,
  node,
  key: 'k',
  job: 'id',
  phase,
  generation: 1,
  kept,
});

export const result = (index: number, attempt = 'a') => ({ index, attempt, outputs: [{ path: beatFile(index), digest: digestOf(beatText('k', index)) }] });
export const final = (node: string, changes: Partial<FinalJob> = {}): FinalJob => ({
  type: 'final',
  at: 40_000,
  node,
  key: 'k',
  job: 'id',
  phase: 'succeeded',
  generation: 1,
  tasks: 2,
  conflicts: [],
  results: [result(0), result(1)],
  ...changes,
});
export const finals = (changes: Partial<FinalJob> = {}): Line[] => ['n1', 'n2', 'n3'].map((node) => final(node, changes));

export const fault = (kind: 'partition' | 'sleep' | 'full-disk', from: number, until: number, nodes = ['n1'], number = 0): Line[] =>
  (['began', 'ended'] as const).map((happened) => ({
    type: 'fault',
    at: happened === 'began' ? from : until,
    happened,
    fault: number,
    kind,
    nodes,
    strength: 0,
  }));

const healed: Line = { type: 'healed', at: 30_000 };
export const settled: Line = { type: 'settled', at: 31_000, missing: [] };
export const ending: readonly Line[] = [healed, settled];

export const good: History = [submit, ...ran(0, 200), ...ran(1, 210), told('succeeded', 400), ...ending, ...finals()];
export const cancelled = (...more: readonly Line[]): History => [
  submit,
  ...ran(0, 200),
  cancel,
  ...more,
  ...ending,
  ...finals({ phase: 'cancelled', results: [result(0)] }),
];
/** Names of the rules that the history breaks under the standard profile. */
export const rules = (history: History): readonly string[] => [...new Set(check(history, bounds).map(({ rule }) => rule))];
