/** A disk that stands still: what is made durable waits until it goes on, while what is only written is taken by the page cache, as with a real one. Needs root. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pause } from '../../src/cli/clock.ts';
import { LoopDisk } from './loop-disk.ts';

export interface StallingDiskOptions {
  /** An empty folder for the images. */
  readonly images: string;
  /** Where it is mounted. */
  readonly folder: string;
  readonly bytes: number;
}

/** Room for the file system that holds the image of the other. */
const aroundBytes = 32 * 2 ** 20;

/** One file system on a file of another: when the outer one is frozen, the inner one's device takes nothing. */
export class StallingDisk implements Disposable {
  readonly #place: string;
  readonly #outer: LoopDisk;
  readonly #inner: LoopDisk;
  #stalled = false;

  constructor({ images, folder, bytes }: StallingDiskOptions) {
    this.#place = join(images, 'outer');
    this.#outer = new LoopDisk({ image: join(images, 'outer.image'), folder: this.#place, bytes: bytes + aroundBytes });
    try {
      this.#inner = new LoopDisk({ image: join(this.#place, 'inner.image'), folder, bytes });
    } catch (error) {
      this.#outer[Symbol.dispose]();
      throw error;
    }
  }

  stall(): void {
    this.#freeze('--freeze');
    this.#stalled = true;
  }

  goOn(): void {
    if (this.#stalled) this.#freeze('--unfreeze');
    this.#stalled = false;
  }

  /** Stands still for `milliseconds` again and again until the signal; resolves when it is quick again. */
  async beSlow(milliseconds: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.stall();
      await pause(milliseconds, signal);
      this.goOn();
      await pause(milliseconds / 20, signal);
    }
  }

  [Symbol.dispose](): void {
    this.goOn();
    this.#inner[Symbol.dispose]();
    this.#outer[Symbol.dispose]();
  }

  #freeze(how: '--freeze' | '--unfreeze'): void {
    execFileSync('fsfreeze', [how, this.#place], { stdio: 'pipe' });
  }
}
