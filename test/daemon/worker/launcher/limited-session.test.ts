import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ControlGroup } from '../../../../daemon/worker/launcher/control-groups.ts';
import { LimitedSession } from '../../../../daemon/worker/launcher/limited-session.ts';

/** Where control groups are not permitted. */
const noGroup = { doors: [], isEntered: false, pids: () => [], limits: () => false, hit: () => undefined } as unknown as ControlGroup;

test.runIf(existsSync('/proc/self/autogroup'))('a process that began a session of its own has the low priority of its task there too', async () => {
  const child = spawn('/bin/sleep', ['60'], { detached: true, stdio: 'ignore' });
  await once(child, 'spawn');
  const said = () => readFileSync(`/proc/${child.pid}/autogroup`, 'utf8');
  try {
    expect(said()).toContain('nice 0');
    const session = new LimitedSession({ memoryBytes: 2 ** 30 }, noGroup);
    session.look({ memoryBytes: 1, processes: 1, pids: [child.pid as number] });
    expect(said()).toContain('nice 10');
  } finally {
    child.kill('SIGKILL');
  }
});
