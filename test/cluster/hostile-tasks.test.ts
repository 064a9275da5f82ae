/** Needs root and network namespaces: what a task prints and makes harms neither the daemon, nor the disk, nor who looks at it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogView } from '../../src/api/requests.ts';
import type { JobView } from '../../src/api/views.ts';
import { Lab } from '../support/lab.ts';
import type { Machine } from '../support/lab-machine.ts';
import { startCluster } from '../support/start-cluster.ts';

const harmful = /(?![\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const control = String.fromCharCode(27);
let lab: Lab;
let machine: Machine;
beforeAll(async () => {
  lab = Lab.create({ nodes: 1, jobTypes: ['hostile'] });
  machine = lab.machine(0);
  await startCluster(lab, 'job-type:hostile');
});
afterAll(() => lab[Symbol.asyncDispose]());

const submit = async (harm: string, ...flags: readonly string[]): Promise<string> =>
  (await machine.json<{ readonly id: string }>('hostile', '--harm', harm, '-o', join(lab.folder, harm), '--detach', ...flags)).id;

/** How it ended. */
async function ended(id: string): Promise<JobView> {
  await machine.run('wait', id);
  return machine.json<JobView>('job', id);
}

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}

function launcherPid(): number {
  const { pid } = JSON.parse(readFileSync(machine.file('work/launcher.json'), 'utf8')) as { readonly pid: number };
  return pid;
}

it('a task that prints as fast as it can keeps nobody from an answer, and fills neither memory nor disk', async () => {
  const id = await submit('flood', '--seconds', '2');
  const job = (): Promise<JobView> => machine.json<JobView>('job', id);
  await machine.until(async () => (await job()).running.some(({ message }) => message === 'floods'), 30_000);
  const before = residentBytes(launcherPid());
  // Each a process of its own: status, while the flood goes on.
  for (let asked = 0; asked < 2; asked += 1) expect(await machine.run('status')).toMatchObject({ code: 0 });
  expect((await job()).running).toHaveLength(1);
  expect(residentBytes(launcherPid()) - before).toBeLessThan(100 * 2 ** 20);
  expect(await ended(id)).toMatchObject({ phase: 'succeeded' });
  const folder = machine.file('logs/attempts');
  const logs = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const [size] = logs.map((entry) => statSync(join(entry.parentPath, entry.name)).size);
  expect(size).toBeLessThan(4.1 * 2 ** 20);
  const [view] = await machine.json<readonly LogView[]>('logs', id, 'harm');
  expect(view?.lines).toContainEqual(expect.stringMatching(/^\[supervm: \d{7,} bytes left out, the limit of a log is 4194304; its end:\]$/));
  expect(view?.lines.at(-1)).toBe('line 199999');
});

describe('a task that prints control sequences', () => {
  let id: string;
  beforeAll(async () => {
    id = await submit('sequences');
    expect(await ended(id)).toMatchObject({ phase: 'failed' });
  });

  it.each([['logs'], ['job'], ['why']])('is shown harmless by %s, its words escaped and not dropped', async (command) => {
    const [people, json] = await Promise.all([machine.run(command, id), machine.run(command, id, '--json')]);
    for (const { stdout, stderr } of [people, json]) expect(`${stdout}${stderr}`).not.toMatch(harmful);
    const { stdout, stderr } = people;
    expect(`${stdout}${stderr}`).toContain('\\x1b]0;mine\\x07\\x1b]8;;http://evil\\x1b\\\\x9b31m\\u202egnp.exe\\x00');
    expect(`${stdout}${stderr}`).not.toMatch(/^error: forged/m);
  });

  it('is whole in JSON and, where that is asked for, as it was printed', async () => {
    const [view] = await machine.json<readonly LogView[]>('logs', id, 'harm');
    expect(view?.lines).toContainEqual(expect.stringContaining(`${control}]0;mine\u0007`));
    expect(view?.lines).toContain('\ufffd\ufffd');
    expect((await machine.run('logs', id, 'harm', '--raw')).stdout).toContain(`${control}[2J${control}]0;mine\u0007`);
  });
});

it('a task whose line does not end is not ended for it', async () => {
  const id = await submit('endless');
  expect(await ended(id)).toMatchObject({ phase: 'succeeded' });
  const [view] = await machine.json<readonly LogView[]>('logs', id, 'harm');
  expect(view?.lines).toContainEqual(expect.stringMatching(/^a{65536} \[supervm: 19934464 characters left out\]$/));
  expect(view?.lines).toContainEqual(expect.stringContaining('the last line'));
});

it.each([
  ['name', /"evil\\n\\u001b\[2J\.txt" has a control character/],
  ['link', /"link\.txt" is a link/],
])('outputs that are hostile by their %s are refused whole, by name and with the cause', async (harm, why) => {
  const view = await ended(await submit(harm));
  expect(view).toMatchObject({ phase: 'failed', failures: [{ code: 'output-invalid', message: expect.stringMatching(why) }] });
  expect(readdirSync(join(lab.folder, harm))).toEqual([]);
});
