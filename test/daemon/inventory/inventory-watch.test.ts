import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findHostId } from '../../../daemon/inventory/host-id.ts';
import { InventoryWatch } from '../../../daemon/inventory/inventory-watch.ts';
import type { Inventory } from '../../../src/model/inventory.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supervm-inventory-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const toy = join(import.meta.dirname, '../../support/plugins/toy/detect.ts');

describe('watching the inventory', () => {
  const watch = async (detectors: readonly string[], without: readonly string[] = []) => {
    const clock = new VirtualClock();
    const published: Inventory[] = [];
    const problems: string[] = [];
    const options = { folder, labels: { room: 'attic' }, detectors, without, onProblem: (detector: string) => problems.push(detector) };
    const watching = new InventoryWatch(options, { clock, publish: (inventory) => published.push(inventory) });
    await watching.start();
    return { clock, published, problems, watching };
  };

  it('tells at once what this machine really has', async () => {
    const { published, watching } = await watch([]);
    const [first] = published;
    expect(first).toMatchObject({ labels: { room: 'attic' }, platform: process.platform, architecture: process.arch });
    expect(first?.cores).toBeGreaterThan(0);
    expect(first?.cores).toBeLessThanOrEqual(cpus().length);
    expect(first?.memoryBytes).toBeLessThanOrEqual(totalmem());
    expect(first?.freeMemoryBytes).toBeLessThanOrEqual(first?.memoryBytes ?? 0);
    expect(first?.freeDiskBytes).toBeGreaterThan(0);
    await watching.stop();
  });

  it('tells programs once they are found, and goes on when a detector fails', async () => {
    const { published, problems, watching } = await watch([join(folder, 'absent.ts'), toy]);
    expect(published[0]?.programs).toEqual([]);
    await watching.detected();
    expect(published.at(-1)?.programs).toEqual([{ name: 'sort', version: expect.any(String), path: '/usr/bin/sort', features: ['sleep:-1', 'missing:-1'] }]);
    expect(watching.current()).toBe(published.at(-1));
    expect(problems).toEqual([join(folder, 'absent.ts'), toy]);
    await watching.stop();
  });

  /** Takes for ever where `silent` is true, and finds a tool whose version says how often it was asked. */
  const slowDetector = async (silent: string) => {
    const file = join(folder, 'slow-detect.mjs');
    await writeFile(
      file,
      `let asked = 0;
      export const detect = async ({ execute }) => {
        asked += 1;
        if (${silent}) return (await execute('sleep', ['1000'], 20)).exitCode === 0 ? [] : [];
        return [{ name: 'tool', version: String(asked), path: '/usr/bin/tool', features: [] }];
      };`,
    );
    return file;
  };

  it('asks again soon when a program did not answer in time, and later keeps what it found', async () => {
    const { clock, published, watching } = await watch([await slowDetector('asked !== 2')]);
    await watching.detected();
    expect(published.at(-1)?.programs).toEqual([]);
    await clock.advance(30_000);
    await watching.detected();
    expect(published.at(-1)?.programs).toMatchObject([{ name: 'tool', version: '2' }]);
    await clock.advance(1_800_000);
    await watching.detected();
    expect(watching.current().programs).toMatchObject([{ name: 'tool', version: '2' }]);
    await watching.stop();
  });

  it('does not wait at its end for a program that does not answer', async () => {
    const file = join(folder, 'hanging-detect.mjs');
    await writeFile(file, "export const detect = async ({ execute }) => ((await execute('sleep', ['1000'], 1_000_000)).exitCode === 0 ? [] : []);");
    const { problems, watching } = await watch([file]);
    await watching.stop();
    expect(problems).toEqual([]);
  });

  it('goes on when what it reads is more than it may tell', async () => {
    const problems: string[] = [];
    const options = { folder, labels: {}, detectors: [], without: [], onProblem: (what: string) => problems.push(what) };
    const publish = () => {
      throw new TypeError('too long');
    };
    const watching = new InventoryWatch(options, { clock: new VirtualClock(), publish });
    await watching.start();
    await watching.stop();
    expect(problems).toEqual(['machine']);
  });

  it('goes on with the job types it knew when their folder cannot be looked at', async () => {
    const problems: string[] = [];
    const type = { name: 'job-type:naps', version: '1', path: '/run.ts', features: [] };
    let looks = 0;
    const ownTypes = async () => {
      looks += 1;
      if (looks !== 2) throw new Error('EACCES');
      return [type];
    };
    const options = { folder, labels: {}, detectors: [], without: [], ownTypes, onProblem: (what: string) => problems.push(what) };
    const watching = new InventoryWatch(options, { clock: new VirtualClock(), publish: () => undefined });
    await watching.start();
    await watching.detected();
    await watching.lookNow();
    await watching.stop();
    expect(watching.current().programs).toEqual([type]);
    expect(problems).toEqual(['job types', 'job types']);
  });

  it('does not offer what the settings leave out', async () => {
    const { published, watching } = await watch([toy], ['sort']);
    await watching.detected();
    expect(published.at(-1)?.programs).toEqual([]);
    await watching.stop();
  });

  it('does not run what the settings leave out', async () => {
    const file = join(folder, 'asking-detect.mjs');
    await writeFile(
      file,
      `export const detect = async ({ execute }) => {
        const codes = [await execute('true', [], 1000), await execute('env', ['true'], 1000)].map(({ exitCode }) => exitCode);
        return [{ name: 'asked', version: codes.join(' '), path: '/', features: [] }];
      };`,
    );
    const { watching } = await watch([file], ['true']);
    await watching.detected();
    expect(watching.current().programs).toMatchObject([{ version: '-1 0' }]);
    await watching.stop();
  });

  it('says nothing after it was stopped', async () => {
    const { clock, published, watching } = await watch([toy]);
    await watching.stop();
    const told = published.length;
    await clock.advance(3_600_000);
    expect(published).toHaveLength(told);
  });
});

describe('the id of the machine', () => {
  const needs = { randomness: { fraction: () => 0, hex: (bytes: number) => 'ab'.repeat(bytes) } };

  it('is what the settings say', async () => {
    expect(await findHostId({ given: 'desk', homeFolder: folder }, needs)).toBe('desk');
  });

  it('is drawn from the machine’s own without showing it', async () => {
    const machineIdFile = join(folder, 'machine-id');
    await writeFile(machineIdFile, `${'0123456789abcdef'.repeat(2)}\n`);
    const id = await findHostId({ given: undefined, homeFolder: folder, machineIdFile }, needs);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(id).not.toContain('0123456789');
    expect(await findHostId({ given: undefined, homeFolder: join(folder, 'other'), machineIdFile }, needs)).toBe(id);
  });

  it.each(['', 'uninitialized'])('is drawn once and kept where the machine has none (%j)', async (content) => {
    const machineIdFile = join(folder, 'machine-id');
    await writeFile(machineIdFile, content);
    const homeFolder = join(folder, 'home');
    const id = await findHostId({ given: undefined, homeFolder, machineIdFile }, needs);
    expect((await readFile(join(homeFolder, 'host-id'), 'utf8')).trim()).toBe(id);
    const other = { randomness: { fraction: () => 0, hex: () => 'another' } };
    expect(await findHostId({ given: undefined, homeFolder, machineIdFile }, other)).toBe(id);
  });
});
