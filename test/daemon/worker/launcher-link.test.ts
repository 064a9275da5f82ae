import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { encodeFrame, FrameReader } from '../../../daemon/worker/launcher/frames.ts';
import { type LauncherCommand, type LauncherReport, launcherVersion } from '../../../daemon/worker/launcher/messages.ts';
import { identify } from '../../../daemon/worker/process-trees.ts';
import { LauncherBench } from './launcher-bench.ts';

const bench = new LauncherBench();
afterAll(() => bench[Symbol.dispose]());

it('the numbers of a launcher in another container are nobody here', async () => {
  const path = bench.path('container.sock');
  const stranger = spawn('sleep', ['3317'], { stdio: 'ignore' });
  const { pid = 0 } = stranger;
  onTestFinished(() => void stranger.kill('SIGKILL'));
  const commands: string[] = [];
  const other = createServer((socket) => {
    const reader = new FrameReader();
    const says = (report: LauncherReport): void => void socket.write(encodeFrame(report));
    says({ type: 'hello', version: launcherVersion, launcher: 'other', pid, pidSpace: 'pid:[1]', processes: [] });
    socket.on('data', (bytes: Uint8Array) => {
      for (const { header } of reader.read(bytes)) {
        const { type } = header as LauncherCommand;
        commands.push(type);
        if (type === 'start') says({ type: 'started', id: 1, pid });
        if (type === 'end') socket.destroy();
      }
    });
  });
  await new Promise<void>((resolve) => other.listen(path, resolve));
  const client = bench.client('container');
  await client.start();
  expect(existsSync(bench.path('container.json'))).toBe(false);
  const { started } = bench.launch(client, {});
  expect(await started).toBe(pid);
  const ended = client.end();
  other.close();
  await ended;
  expect(commands).toEqual(['start', 'end']);
  expect(identify(pid)).toBeDefined();
});
