import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { isAlive } from '../../../src/cli/is-alive.ts';

test('a process that runs is alive, one that has ended is not, though its parent takes no note of it', async () => {
  const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 100'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = await once(parent.stdout, 'data');
    const ended = Number(String(line));
    expect(ended).toBeGreaterThan(0);
    await expect.poll(() => isAlive(ended)).toBe(false);
    // Still in the table of processes.
    expect(process.kill(ended, 0)).toBe(true);
    expect(isAlive(parent.pid ?? 0)).toBe(true);
  } finally {
    parent.kill('SIGKILL');
  }
  await once(parent, 'close');
  expect(isAlive(parent.pid ?? 0)).toBe(false);
});
