/** Ends the processes of a peer. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Resolves when all of them are gone. */
export async function killAll(processes: Iterable<ChildProcess>): Promise<void> {
  const running = [...processes].filter((child) => child.exitCode === null && child.signalCode === null);
  await Promise.all(
    running.map((child) => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      return ended;
    }),
  );
}
