/** Starts the program that looks at disks, and leaves it behind when a disk hangs. */
import { fork } from 'node:child_process';
import type { DiskWord } from '../../../settings/daemon-checks.ts';
import { programFile } from '../../../settings/program-files.ts';
import { pause } from '../../clock.ts';

/** All that it said within `limitMs`. */
export async function diskWords(words: readonly [string, ...string[]], limitMs: number): Promise<readonly DiskWord[]> {
  const child = fork(programFile('daemon/disk-check.ts'), words, { stdio: 'ignore', serialization: 'advanced', execArgv: [] });
  const said: DiskWord[] = [];
  const ended = new AbortController();
  child.on('message', (word) => said.push(word as DiskWord));
  // `disconnect` comes after the last message, `exit` may come before it.
  for (const event of ['disconnect', 'error']) child.once(event, () => ended.abort());
  await pause(limitMs, ended.signal);
  child.kill('SIGKILL');
  child.unref();
  return said;
}

export function wordOf<T extends DiskWord['type']>(words: readonly DiskWord[], type: T): Extract<DiskWord, { readonly type: T }> | undefined {
  return words.find((word): word is Extract<DiskWord, { readonly type: T }> => word.type === type);
}
