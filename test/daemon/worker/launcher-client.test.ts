import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../daemon/system-clock.ts';
import type { ProcessSpec } from '../../../daemon/worker/launcher/messages.ts';
import { LauncherClient, type ProcessExit } from '../../../daemon/worker/launcher-client.ts';

const file = join(import.meta.dirname, '../../../daemon/worker/launcher/main.ts');

describe('the launcher', () => {
  const launcher = new LauncherClient({ node: process.execPath, file }, { clock: systemClock() });
  beforeAll(() => launcher.start());
  afterAll(() => launcher.stop());

  const launch = (spec: Partial<ProcessSpec>) => {
    const output = { stdout: '', stderr: '', answers: '' };
    const exited = Promise.withResolvers<ProcessExit>();
    const started = Promise.withResolvers<number>();
    const launched = launcher.launch(
      { file: '/bin/sh', args: [], folder: '/', environment: { PATH: '/usr/bin:/bin' }, ...spec },
      {
        onStarted: started.resolve,
        onOutput: (stream, bytes) => {
          output[stream] += Buffer.from(bytes).toString();
        },
        onExit: exited.resolve,
      },
    );
    return { launched, output, exited: exited.promise, started: started.promise };
  };

  it('starts a program with nothing but the environment it was given, and tells how it ended', async () => {
    const { output, exited } = launch({ args: ['-c', 'env; echo problem >&2; echo answer >&3; pwd; exit 7'], environment: { ONE: '1' } });
    expect(await exited).toEqual({ code: 7, signal: null, lost: false });
    expect(output.stderr).toBe('problem\n');
    expect(output.answers).toBe('answer\n');
    expect(output.stdout.split('\n').filter((line) => !/^(PWD|_|SHLVL|OLDPWD)=/.test(line))).toEqual(['ONE=1', '/', '']);
  });

  it('hands on what is written', async () => {
    const { launched, output, exited } = launch({ args: ['-c', 'read line; echo "got $line"'] });
    launched.write(Buffer.from('hello\n'));
    expect(await exited).toMatchObject({ code: 0 });
    expect(output.stdout).toBe('got hello\n');
  });

  it('starts programs at low priority, each in a process group of its own', async () => {
    const { launched, output, exited, started } = launch({ args: ['-c', 'read line; nice; cut -d" " -f5 /proc/$$/stat'] });
    const pid = await started;
    launched.write(Buffer.from('go\n'));
    await exited;
    expect(output.stdout).toBe(`10\n${pid}\n`);
  });

  it('tells when a program cannot be started', async () => {
    expect(await launch({ file: '/no/such/program' }).exited).toMatchObject({ code: null, lost: false, problem: expect.stringContaining('ENOENT') });
    expect(await launch({ folder: '/no/such/folder' }).exited).toMatchObject({ problem: expect.stringContaining('ENOENT') });
  });

  it('ends the whole group of a program', async () => {
    const { launched, exited, started } = launch({ args: ['-c', 'sleep 3300 & sleep 3301; true'] });
    const pid = await started;
    launched.kill();
    expect(await exited).toMatchObject({ signal: 'SIGKILL' });
    await groupIsGone(pid);
  });

  it('ends what a program leaves behind when it ends by itself', async () => {
    const { exited, started } = launch({ args: ['-c', 'sleep 3302 & exit 0'] });
    const pid = await started;
    expect(await exited).toMatchObject({ code: 0 });
    await groupIsGone(pid);
  });

  it('asks before it ends a program, and then does not wait for ever', async () => {
    const polite = launch({ args: ['-c', 'trap "echo bye; exit 3" TERM; echo ready; while :; do sleep 0.01; done'] });
    while (!polite.output.stdout.includes('ready')) await new Promise((resolve) => setImmediate(resolve));
    polite.launched.terminate();
    expect(await polite.exited).toMatchObject({ code: 3 });
    expect(polite.output.stdout).toContain('bye');

    const deaf = launch({ args: ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.01; done'] });
    while (!deaf.output.stdout.includes('ready')) await new Promise((resolve) => setImmediate(resolve));
    deaf.launched.terminate();
    expect(await deaf.exited).toMatchObject({ signal: 'SIGKILL' });
  });

  it('passes on a flood of output completely', async () => {
    const { output, exited } = launch({ args: ['-c', 'head -c 20000000 /dev/zero | tr "\\0" x'] });
    expect(await exited).toMatchObject({ code: 0 });
    expect(output.stdout.length).toBe(20_000_000);
  });
});

it('a launcher that cannot be started is told at the start', async () => {
  const launcher = new LauncherClient({ node: '/no/such/node', file }, { clock: systemClock() });
  await expect(launcher.start()).rejects.toThrow(/ended at once/);
});

/** A killed process is there until its new parent has noticed. */
async function groupIsGone(leader: number): Promise<void> {
  for (;;) {
    try {
      process.kill(-leader, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
