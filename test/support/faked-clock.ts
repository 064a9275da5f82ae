/** A wall clock of their own for some processes, by libfaketime (Debian's package `faketime`; Node.js has many threads). */
import { existsSync, readdirSync, rmSync } from 'node:fs';

const places = ['x86_64-linux-gnu', 'aarch64-linux-gnu', '.'].map((part) => `/usr/lib/${part}/faketime/libfaketimeMT.so.1`);
const sharedMemory = '/dev/shm';

/**
 * Environment of a process whose wall clock goes wrong by what stands in `file` (`+0`, `-1h`, `+3650d`), looked at every second; its
 * monotonic clock stays true. Throws where the library is not installed.
 */
export function fakedClock(file: string): { readonly [name: string]: string } {
  const library = places.find((path) => existsSync(path));
  if (library === undefined) throw new Error(`moving clocks needs libfaketime (Debian's package faketime); looked at ${places.join(', ')}`);
  return { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_DONT_FAKE_MONOTONIC: '1', FAKETIME_CACHE_DURATION: '1' };
}

/** The library leaves shared memory behind where a process is killed, and ends the next process that gets the same number. */
export function forgetDeadClocks(): void {
  for (const name of readdirSync(sharedMemory)) {
    const pid = /faketime_(?:shm|sem)_(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(`${sharedMemory}/${name}`, { force: true });
  }
}
