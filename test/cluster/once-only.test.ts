/** Needs root, network namespaces and bubblewrap: tasks that must not run twice, on real daemons that are cut off from one another. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JobView, ResultView, StatusView, WhyView } from '../../src/api/views.ts';
import { openTaskPipe, pipePlace, type TaskWord } from '../chaos/task-pipe.ts';
import { processesOf } from '../proofs/processes.ts';
import { Lab } from '../support/lab.ts';
import type { Finished, Machine } from '../support/lab-machine.ts';
import { startCluster } from '../support/start-cluster.ts';

interface Heard extends TaskWord {
  readonly on: Machine;
  /** Unix milliseconds. */
  readonly at: number;
}

/** Three machines that vote, and what the tasks on them say. */
class Voters implements AsyncDisposable {
  readonly lab: Lab;
  readonly words: Heard[] = [];
  readonly #pipes: readonly Disposable[];

  private constructor(lab: Lab, pipeFolder: (index: number) => string) {
    this.lab = lab;
    this.#pipes = lab.machines.map((on, index) => openTaskPipe(pipeFolder(index), (word) => this.words.push({ ...word, on, at: Date.now() })));
  }

  static async start(): Promise<Voters> {
    const folder = mkdtempSync(join(tmpdir(), 'svm-lab-'));
    const pipeFolder = (index: number): string => join(folder, `pipe-${index}`);
    const lab = Lab.create({ nodes: 3, folder, jobTypes: ['beat'], binds: (index) => ({ [pipePlace]: pipeFolder(index) }) });
    const voters = new Voters(lab, pipeFolder);
    try {
      await startCluster(lab, 'job-type:beat');
      await lab.machine(0).until(async () => {
        const { standing } = await lab.machine(0).json<StatusView>('status');
        return standing?.quorate === true && standing.voters === 3;
      }, 120_000);
      return voters;
    } catch (error) {
      await voters[Symbol.asyncDispose]();
      throw error;
    }
  }

  submit(on: Machine, label: string, ms: number, ...flags: readonly string[]): Promise<Finished> {
    const input = join(this.lab.folder, label);
    writeFileSync(input, label);
    const output = join(this.lab.folder, `${label}-out`);
    return on.run('beat', input, '--label', label, '--ms', `${ms}`, '--once', 'yes', '--detach', '--quiet', '-o', output, ...flags);
  }

  starts(label: string): readonly Heard[] {
    return this.words.filter(({ happened, key }) => happened === 'start' && key === label);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pipe of this.#pipes) pipe[Symbol.dispose]();
    await this.lab[Symbol.asyncDispose]();
  }
}

const hasSession = (machine: Machine): boolean => processesOf(machine.home).some(({ command }) => /\/session(\.js|\/main\.ts)$/.test(command));

test('a task that must not run twice is ended on the machine that is cut off before it begins on another one', async () => {
  await using voters = await Voters.start();
  const { lab } = voters;
  const { stdout, code } = await voters.submit(lab.machine(0), 'once', 30_000);
  expect(code).toBe(0);
  const id = stdout.trim();
  await lab.machine(0).until(() => voters.starts('once').length > 0, 60_000);
  const holder = voters.starts('once')[0]?.on as Machine;
  const asked = lab.machines.find((machine) => machine !== holder) as Machine;
  lab.cable(lab.machines.indexOf(holder), false);
  const cutAt = Date.now();
  let seenAt = 0;
  await asked.until(() => {
    if (hasSession(holder)) seenAt = Date.now();
    return voters.starts('once').length > 1;
  }, 90_000);
  const again = voters.starts('once')[1] as Heard;
  process.stdout.write(`once-only: its processes lived for ${seenAt - cutAt} ms after the cut, the next began after ${again.at - cutAt} ms\n`);
  expect(seenAt).toBeGreaterThan(cutAt);
  expect(hasSession(holder)).toBe(false);
  expect(again.at).toBeGreaterThan(seenAt);
  expect(again.on).not.toBe(holder);
  await asked.until(async () => (await asked.json<JobView>('job', id)).phase === 'succeeded', 90_000);
  lab.cable(lab.machines.indexOf(holder), true);
  await holder.until(async () => (await holder.json<JobView>('job', id)).phase === 'succeeded', 60_000);
  const results = await asked.json<readonly ResultView[]>('job', id, '--results');
  expect(results.map(({ nodeName }) => nodeName)).toEqual([again.on.name]);
  expect(voters.starts('once')).toHaveLength(2);
  expect(voters.words.filter(({ happened }) => happened === 'end').map(({ run }) => run)).toEqual([again.run]);
});

test('with most of the voters gone it waits and why says so; --alone lets it run, warned', async () => {
  await using voters = await Voters.start();
  const { lab } = voters;
  const [left, ...gone] = lab.machines as [Machine, Machine, Machine];
  for (const machine of gone) await machine.kill('SIGKILL');
  await left.until(async () => (await left.json<StatusView>('status')).standing?.quorate === false, 60_000);
  const waiting = await voters.submit(left, 'waits', 100);
  expect(waiting.code).toBe(0);
  const reasons = async (): Promise<readonly string[]> =>
    (await left.json<WhyView>('why', waiting.stdout.trim())).reasons.map(({ code, message }) => `${code}: ${message}`);
  await left.until(async () => (await reasons()).some((reason) => /^needs-quorum: .* 1 of 3 voters reachable/.test(reason)), 60_000);
  const alone = await left.run(
    ...['beat', join(lab.folder, 'waits'), '--label', 'waits', '--ms', '100', '--once', 'yes', '--alone', '--detach'],
    ...['-o', join(lab.folder, 'alone')],
  );
  expect(alone).toMatchObject({ code: 0, stderr: expect.stringContaining('must not run twice, and now runs without a majority of the voters') });
  await left.until(() => voters.words.some(({ happened }) => happened === 'end'), 60_000);
  expect(voters.starts('waits')).toHaveLength(1);
  await left.until(async () => (await reasons()).some((reason) => reason.startsWith('needs-quorum: ')), 60_000);
});
