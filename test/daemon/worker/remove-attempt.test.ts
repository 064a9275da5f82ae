import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeAttempt } from '../../../daemon/worker/remove-attempt.ts';

let base: string;
let precious: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'supervm-remove-'));
  precious = join(base, 'precious');
  mkdirSync(precious);
  for (let index = 0; index < 50; index += 1) writeFileSync(join(precious, String(index)), '');
  mkdirSync(join(base, 'attempts'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const remove = (name: string): Promise<void> =>
  removeAttempt({ inputs: '', scratch: join(base, 'scratch'), temporary: '', attempts: join(base, 'attempts') }, name);
const left = (folder: string): readonly string[] => readdirSync(join(base, folder));

it('an attempt’s folder is removed with all that is in it, however deep, closed or linked', async () => {
  const outputs = join(base, 'attempts/one/outputs');
  mkdirSync(join(outputs, ...Array.from({ length: 10 }, () => 'deep')), { recursive: true });
  mkdirSync(join(outputs, 'closed'));
  writeFileSync(join(outputs, 'closed/file'), '');
  chmodSync(join(outputs, 'closed'), 0o500);
  symlinkSync(precious, join(outputs, 'link'));
  await remove('one');
  expect([left('attempts'), left('ended')]).toEqual([[], []]);
  expect(left('precious')).toHaveLength(50);
});

it('a link in its place is removed, not what it leads to; one that is gone already is no matter', async () => {
  symlinkSync(precious, join(base, 'attempts/one'));
  await remove('one');
  await remove('one');
  expect([left('attempts'), left('ended')]).toEqual([[], []]);
  expect(left('precious')).toHaveLength(50);
});

it('nothing outside is removed, though somebody swaps folders for links all the while', async () => {
  const link = JSON.stringify(precious);
  const swap = `const fs=require('fs');for(;;)try{fs.renameSync('d','e');fs.symlinkSync(${link},'d');fs.unlinkSync('d');fs.renameSync('e','d')}catch{}`;
  for (const name of ['one', 'two', 'three']) {
    const outputs = join(base, 'attempts', name, 'outputs');
    mkdirSync(join(outputs, 'd'), { recursive: true });
    for (let index = 0; index < 50; index += 1) writeFileSync(join(outputs, 'd', String(index)), '');
    const swapper = spawn(process.execPath, ['-e', swap], { cwd: outputs, stdio: 'ignore' });
    while (existsSync(join(outputs, 'd')));
    await remove(name);
    swapper.kill('SIGKILL');
    await new Promise((resolve) => swapper.on('exit', resolve));
  }
  expect(left('attempts')).toEqual([]);
  expect(left('precious')).toHaveLength(50);
});
