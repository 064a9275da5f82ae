/** Needs root and mount namespaces: two daemons on one folder, however it is looked at. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { Lab } from '../support/lab.ts';

const supervm = resolve(import.meta.dirname, '../../bin/supervm');

test('a second daemon on a folder is refused also from another process namespace and by another path, and a crash frees the folder', async () => {
  await using lab = Lab.create({ nodes: 1 });
  const machine = lab.machine(0);
  await machine.start('--no-discovery');
  const other = mkdtempSync(join(tmpdir(), 'svm-other-'));
  try {
    mkdirSync(join(other, 'home'));
    const script = `mount --bind '${machine.home}' '${other}/home' && SUPERVM_HOME='${other}/home' exec '${supervm}' daemon --no-discovery`;
    const second = spawn('unshare', ['--mount', '--pid', '--fork', '--mount-proc', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [second.stdout, second.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(second, 'close')) as [number];
    expect({ code, output }).toEqual({ code: 1, output: expect.stringMatching(/Another daemon \(pid \d+\) uses/) });
    expect((await machine.run('status')).code).toBe(0);
    await machine.kill('SIGKILL');
    await machine.start('--no-discovery');
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
});
