/** Starts the program that looks at disks, and leaves it behind when a disk hangs. */
import { fork } from 'node:child_process';
import type { DiskWord, HomePlaces } from '../../../settings/daemon-checks.ts';
import type { Paths } from '../../../settings/paths.ts';
import { programFile } from '../../../settings/program-files.ts';
import { pause } from '../../clock.ts';

export interface DiskTelling {
  /** Resolves undefined when it will not be told, or not in time. */
  word<T extends DiskWord['type']>(type: T): Promise<Extract<DiskWord, { readonly type: T }> | undefined>;
}

/** Everything that is not told within `limitMs` counts as not known. */
export function startDiskCheck(words: readonly [string, string], limitMs: number): DiskTelling {
  const child = fork(programFile('daemon/disk-check.ts'), words, { stdio: 'ignore', execArgv: [] });
  const said: DiskWord[] = [];
  const waiting = new Set<() => void>();
  const ended = new AbortController();
  const look = (): void => waiting.forEach((one) => void one());
  child.on('message', (word) => {
    said.push(word as DiskWord);
    look();
  });
  // `disconnect` comes after the last message, `exit` may come before it.
  for (const event of ['disconnect', 'error']) child.once(event, () => ended.abort());
  void pause(limitMs, ended.signal).then(() => {
    ended.abort();
    look();
    child.kill('SIGKILL');
    // One that waits for a disk outlives even that.
    child.unref();
    child.channel?.unref();
  });
  return {
    word: (type) =>
      new Promise((resolve) => {
        const answer = (): void => {
          const word = said.find((one) => one.type === type) as Parameters<typeof resolve>[0];
          if (word === undefined && !ended.signal.aborted) return;
          waiting.delete(answer);
          resolve(word);
        };
        waiting.add(answer);
        answer();
      }),
  };
}

export function homePlaces(paths: Paths): HomePlaces {
  const { home, config, lock, pid, records, log, run, logs, socket, work } = paths;
  return { home, config, lock, pid, records, log, own: [run, logs, records], passing: [socket, pid, `${work}/probe`] };
}
