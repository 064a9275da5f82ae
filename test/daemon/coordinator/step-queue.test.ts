import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StepQueue } from '../../../daemon/coordinator/step-queue.ts';
import type { JobState } from '../../../src/model/job-state.ts';
import { attemptOf, firstTerm, recordOf, someReport, stepWith } from '../../support/jobs.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { boom } from '../../support/timed-runner.ts';

const tasks = 6;
type Turn = { readonly type: 'place' | 'lose' | 'fail' | 'keep'; readonly pick: number };
const turns = fc.array(fc.record({ type: fc.constantFrom<Turn['type']>('place', 'lose', 'fail', 'keep'), pick: fc.nat(20) }), { maxLength: 60 });

/** A step of six tasks, each with two tries; what waits is counted here anew after every turn. */
class Play {
  readonly journal = new MemoryJournal();
  readonly step = stepWith(tasks);
  readonly job = this.journal.submit(recordOf({ steps: [this.step] }));
  readonly active = new Map<number, number>();
  readonly numbers: string[] = [];
  readonly queue = new StepQueue(
    { step: this.step },
    { state: () => this.state(), isActive: (index) => this.active.has(index), active: () => this.active.size },
  );

  state(): JobState {
    return this.journal.job(this.job) as JobState;
  }

  turn({ type, pick }: Turn): void {
    if (type === 'place') this.#place(pick);
    else this.#end(type, pick);
  }

  #end(type: Exclude<Turn['type'], 'place'>, pick: number): void {
    const chosen = [...this.active][pick % Math.max(1, this.active.size)];
    if (chosen === undefined) return;
    const [index, number] = chosen;
    const attempt = attemptOf(this.job, index, { attempt: number });
    if (type === 'fail') this.journal.learn({ type: 'attempt-failed', job: this.job, at: 0, attempt, failure: boom });
    if (type === 'keep')
      this.journal.learn({ type: 'result-kept', job: this.job, at: 0, attempt, term: firstTerm, outputs: [], report: someReport, holders: [] });
    this.active.delete(index);
    if (type === 'keep') return;
    this.queue.drew(index, number);
    this.queue.giveBack(index);
  }

  waiting(): readonly number[] {
    const isOpen = (index: number): boolean =>
      !this.state().results.has(`render/${index}`) && (this.state().taskFailures.get(`render/${index}`)?.size ?? 0) < 2;
    return Array.from({ length: tasks }, (_, index) => index).filter((index) => isOpen(index) && !this.active.has(index));
  }

  /** Not always the first: the scheduler may pass one by. */
  #place(pick: number): void {
    const candidates = [...this.queue.candidates()];
    const candidate = candidates[pick % Math.max(1, candidates.length)];
    if (candidate === undefined) return;
    const number = this.queue.numberOf(candidate.index);
    this.numbers.push(`${candidate.index}/${number}`);
    this.active.set(candidate.index, number);
    this.queue.took(candidate.index);
  }
}

test('whatever happens, exactly the tasks that wait are offered, each once, and no attempt number is drawn twice', () => {
  fc.assert(
    fc.property(turns, (turns) => {
      const play = new Play();
      for (const turn of turns) {
        play.turn(turn);
        const offered = [...play.queue.candidates()].map((candidate) => candidate.index);
        expect(offered.toSorted((a, b) => a - b)).toEqual(play.waiting());
        expect(play.queue.count()).toBe(offered.length);
        expect(new Set(play.numbers).size).toBe(play.numbers.length);
      }
    }),
  );
});

test('a task that came back goes before those never tried, and avoids where it failed', () => {
  const play = new Play();
  for (const type of ['place', 'fail'] as const) play.turn({ type, pick: 0 });
  const [first, second] = play.queue.candidates();
  expect(first).toEqual({ index: 0, avoid: new Set(['b']) });
  expect(second?.index).toBe(1);
  expect(play.queue.numberOf(0)).toBe(2);
});
