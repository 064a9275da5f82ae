/** The pipe through which the tasks of one machine say outside that they start and end. */
import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface TaskWord {
  readonly happened: 'start' | 'end';
  readonly key: string;
  readonly index: number;
  readonly run: string;
}

/** Every sandbox shows it, and hardly any machine has something there; the daemon sees the pipe's folder in its place. */
export const pipePlace = '/usr/local/src';

/** Makes `beats` in a new folder and tells every line; close it to end. */
export function openTaskPipe(folder: string, onWord: (word: TaskWord) => void): Disposable {
  const path = join(folder, 'beats');
  mkdirSync(folder, { recursive: true });
  execFileSync('mkfifo', [path]);
  // Tasks are another user than the daemon.
  for (const open of [folder, path]) chmodSync(open, open === path ? 0o666 : 0o755);
  // For writing too: so it does not end when the last task closes it.
  const file = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const socket = new Socket({ fd: file, readable: true, writable: false });
  createInterface({ input: socket }).on('line', (line) => onWord(JSON.parse(line) as TaskWord));
  return {
    [Symbol.dispose]: () => {
      socket.destroy();
      try {
        closeSync(file);
      } catch {
        // The socket has closed it.
      }
    },
  };
}
