import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { LaunchedProcess, ProcessListener } from '../../../daemon/worker/launcher-client.ts';
import { SessionPool } from '../../../daemon/worker/session-pool.ts';
import { SessionProcess } from '../../../daemon/worker/session-process.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { waitFor } from './launcher-bench.ts';

test('an idle session whose launcher is gone is not given a task, and its folder goes once it has ended', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'supervm-pool-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const own = join(folder, 'session');
  mkdirSync(join(own, 'attempts'), { recursive: true });
  const nothing = (): void => {};
  const launched = { id: 1, alive: true, write: nothing, run: nothing, lease: nothing, terminate: nothing, kill: nothing, forget: nothing };
  let told: ProcessListener | undefined;
  const attach = (listener: ProcessListener): LaunchedProcess => {
    told = listener;
    return launched;
  };
  const folders = { attempts: join(own, 'attempts'), inputs: join(own, 'inputs'), scratch: join(own, 'scratch'), temporary: join(own, 'temporary') };
  const session = {
    job: 'job',
    shape: '1/0',
    user: undefined,
    gpus: [],
    process: new SessionProcess({ attach }, { clock: new VirtualClock() }),
    folders,
    inside: folders,
  };
  const pool = new SessionPool();
  pool.add(session);
  pool.release(session, true);
  launched.alive = false;
  expect(pool.take('job', '1/0')).toBeUndefined();
  expect(existsSync(own)).toBe(true);
  told?.onExit({ code: null, signal: null, lost: true, runningMs: 0, tail: '' });
  await waitFor(() => !existsSync(own));
  expect(pool.take('job', '1/0')).toBeUndefined();
});
