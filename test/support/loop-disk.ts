/** A small real file system on a file: what fills up, runs out of inodes, or turns read-only after a fault is Linux's own ext4. Needs root. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

export interface LoopDiskOptions {
  /** File of the image; it is made. */
  readonly image: string;
  /** Where it is mounted; made if need be. */
  readonly folder: string;
  readonly bytes: number;
  /** Files and folders that fit; default: as many as mkfs thinks. */
  readonly inodes?: number;
}

export class LoopDisk implements Disposable {
  readonly #options: LoopDiskOptions;

  constructor(options: LoopDiskOptions) {
    this.#options = options;
    const { image, folder, bytes, inodes } = options;
    writeFileSync(image, '');
    truncateSync(image, bytes);
    run('mkfs.ext4', '-q', '-m', '0', ...(inodes === undefined ? [] : ['-N', String(inodes)]), image);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    run('mount', '-o', 'loop,errors=remount-ro', image, folder);
  }

  /** What the kernel does after a fault of the disk: from now on it can only be read, whoever has files open. */
  fail(): void {
    const device = run('findmnt', '-no', 'SOURCE', this.#options.folder).trim();
    writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, 'a test');
  }

  [Symbol.dispose](): void {
    run('umount', '-l', this.#options.folder);
    rmSync(this.#options.image, { force: true });
  }
}

function run(program: string, ...words: readonly string[]): string {
  return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
