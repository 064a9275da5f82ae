/** Which entries of an archive are taken, and how they come to the disk. */
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Header } from 'tar-stream';
import { PathCollisions, portableDefect } from '../../../src/model/relative-path.ts';
import { assertRoom } from '../assert-room.ts';

export interface EntryLimits {
  readonly entries: number;
  /** Of all files together. */
  readonly bytes: number;
}

export interface Entry extends AsyncIterable<Uint8Array> {
  readonly header: Header;
}

export class EntryWriter {
  readonly #folder: string;
  readonly #limits: EntryLimits;
  readonly #collisions = new PathCollisions();
  readonly #made = new Set<string>(['.']);
  #bytes = 0;
  #entries = 0;
  files = 0;

  /** `folder` is there and empty, and nobody else may enter it. */
  constructor(folder: string, limits: EntryLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  /** Throws RangeError naming the entry and what is wrong with it, `disk-full`. */
  async take(entry: Entry): Promise<void> {
    const { header } = entry;
    const isFolder = header.type === 'directory';
    const path = pathOf(header, isFolder);
    this.#entries += 1;
    if (this.#entries > this.#limits.entries) throw new RangeError(`it has more than ${this.#limits.entries} entries`);
    // The folder of all, as `tar -C folder .` writes it.
    if (!isFolder || path !== '') {
      const defect = kindDefect(header) ?? portableDefect(path) ?? (isFolder ? this.#collisions.addFolder(path) : this.#collisions.add(path));
      if (defect !== undefined) throw new RangeError(`its entry ${JSON.stringify(path)} ${defect}`);
    }
    if (!isFolder) return this.#write(entry, path);
    if (path !== '') await this.#makeFolder(path);
    for await (const _ of entry);
  }

  async #write(entry: Entry, path: string): Promise<void> {
    const { size } = entry.header;
    this.#bytes += size;
    if (!(this.#bytes <= this.#limits.bytes)) throw new RangeError(`its entry ${JSON.stringify(path)} brings it to more than ${this.#limits.bytes} bytes`);
    await assertRoom(this.#folder, size);
    await this.#makeFolder(dirname(path));
    // Never over what is there already.
    await using file = await open(join(this.#folder, path), 'wx', 0o600);
    for await (const piece of entry) await file.writeFile(piece);
    this.files += 1;
  }

  async #makeFolder(path: string): Promise<void> {
    if (this.#made.has(path)) return;
    await this.#makeFolder(dirname(path));
    await mkdir(join(this.#folder, path), { mode: 0o700 });
    this.#made.add(path);
  }
}

/** Without what archivers write around a path: `./` before it, `/` behind a folder; empty for the folder that was packed. */
function pathOf({ name }: Header, isFolder: boolean): string {
  const path = name.replace(/^(?:\.\/)+/, '');
  if (!isFolder) return path;
  return path === '.' ? '' : path.replace(/(?<=.)\/$/, '');
}

function kindDefect({ type, linkname }: Header): string | undefined {
  switch (type) {
    case 'file':
    case 'contiguous-file':
    case 'directory':
      return undefined;
    case 'symlink':
    case 'link':
      return `is a link to ${JSON.stringify(linkname)}`;
    case 'character-device':
    case 'block-device':
      return 'is a device';
    case 'fifo':
      return 'is a pipe';
    default:
      return 'is neither a file nor a folder';
  }
}
