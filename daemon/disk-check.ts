/**
 * Looks at disks for `supervm doctor`, as a process that can be left behind when a disk hangs. Words: `home PLACES` (JSON), `blobs FOLDER` or
 * `records FILE`. What it finds goes to its parent piece by piece.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { DiskWord, FolderLook, HomePlaces } from '../src/settings/daemon-checks.ts';
import { quickCheck } from './records/quick-check.ts';
import { systemClock } from './system-clock.ts';

/** Blobs are counted for so long. */
const countMs = 1200;
const clock = systemClock();
const [task, first = ''] = process.argv.slice(2);
const tailBytes = 128 * 1024;

function tell(word: DiskWord): void {
  process.send?.(word);
}

function lookAt(path: string): FolderLook {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return { path, found: undefined };
  const kind = found.isDirectory() ? 'folder' : found.isFile() ? 'file' : found.isSymbolicLink() ? 'link' : 'other';
  return { path, found: { kind, userId: found.uid, mode: found.mode & 0o7777 } };
}

function nearest(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path === '/' ? path : nearest(dirname(path));
  }
}

function tryWriting(home: string): DiskWord {
  const file = join(home, `.doctor-${process.pid}`);
  const before = clock.now();
  try {
    const handle = openSync(file, 'wx', 0o600);
    try {
      writeSync(handle, Buffer.alloc(4096));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    return { type: 'write', write: { tookMs: Math.round(clock.now() - before) } };
  } catch (error) {
    return { type: 'write', write: { error: (error as NodeJS.ErrnoException).code ?? String(error) } };
  } finally {
    rmSync(file, { force: true });
  }
}

function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function lookAtHome({ home, config, lock, pid, records, log, own, passing }: HomePlaces): void {
  // Read here first: whoever reads it next is not held up.
  textOf(config);
  const names = existsSync(home) ? readdirSync(home) : [];
  const written = Number.parseInt(textOf(pid) ?? '', 10);
  tell({
    type: 'home',
    look: {
      exists: existsSync(home),
      lockInode: statSync(lock, { throwIfNoEntry: false })?.ino,
      pid: Number.isNaN(written) ? undefined : written,
      records: existsSync(records),
      left: [...passing.filter((path) => existsSync(path)), ...names.filter(isLeftTrial).map((name) => join(home, name))],
    },
  });
  const keys = names.filter((name) => /\.key(\.|$)/.test(name)).map((name) => join(home, name));
  tell({ type: 'folders', folders: [home, ...own, ...keys].map(lookAt) });
  const place = nearest(home);
  const { bavail, blocks, bsize, ffree, files } = statfsSync(place);
  tell({ type: 'disk', disk: { place, freeBytes: bavail * bsize, totalBytes: blocks * bsize, freeFiles: ffree, totalFiles: files } });
  tell({ type: 'log', tail: textOf(log)?.slice(-tailBytes) });
  if (existsSync(home)) tell(tryWriting(home));
}

/** A trial's folder or file bears the number of the process that made it. */
function isLeftTrial(name: string): boolean {
  const maker = /^\.?doctor-(\d+)/.exec(name)?.[1];
  return maker !== undefined && !existsSync(`/proc/${maker}`);
}

function countBlobs(folder: string): void {
  const giveUpAt = clock.now() + countMs;
  let [files, bytes, complete] = [0, 0, true];
  const count = (place: string): void => {
    for (const entry of readdirSync(place, { withFileTypes: true })) {
      complete &&= clock.now() < giveUpAt;
      if (!complete) return;
      const path = join(place, entry.name);
      if (entry.isDirectory()) count(path);
      else if (entry.isFile()) {
        files += 1;
        // Freed in this moment, perhaps.
        bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      }
    }
  };
  if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined) count(folder);
  tell({ type: 'blobs', files, bytes, complete });
}

if (task === 'home') lookAtHome(JSON.parse(first) as HomePlaces);
if (task === 'blobs') countBlobs(first);
if (task === 'records') tell({ type: 'records', faults: quickCheck(first) });
process.disconnect?.();
