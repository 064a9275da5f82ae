import { chmod, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BlobFolder } from '../../../daemon/blobs/blob-folder.ts';
import { digestOf } from '../../../daemon/blobs/digest.ts';

describe('a folder of blobs', () => {
  let root: string;
  let folder: string;
  let blobs: BlobFolder;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'supervm-blobs-'));
    folder = join(root, 'blobs');
    blobs = new BlobFolder({ folder });
    await blobs.start();
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const text = new TextEncoder();
  const store = async (content: string) => {
    const bytes = text.encode(content);
    const blob = { digest: digestOf(bytes), size: bytes.length };
    const incoming = await blobs.create(blob);
    await incoming.write(bytes.subarray(0, 2));
    await incoming.write(bytes.subarray(2));
    await incoming.commit();
    return blob;
  };

  it('keeps a blob under its digest, readable only by the daemon', async () => {
    const blob = await store('hello');
    const path = join(folder, blob.digest.slice(0, 2), blob.digest.slice(2));
    expect(await readFile(path, 'utf8')).toBe('hello');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await blobs.has(blob.digest)).toBe(true);
    expect(await blobs.read(blob.digest, 1, 3)).toEqual(text.encode('ell'));
    expect(await blobs.read(blob.digest, 4, 100)).toEqual(text.encode('o'));
  });

  it('gives a file no name while the blob of that name is just being removed', async () => {
    const removed = Promise.withResolvers<void>();
    const used = Promise.withResolvers<string>();
    const onUse = (digest: string): Promise<void> => {
      used.resolve(digest);
      return removed.promise;
    };
    blobs = new BlobFolder({ folder, onUse });
    const { digest } = await store('hello');
    await writeFile(join(root, 'file'), 'hello');
    const put = blobs.putFile(join(root, 'file'));
    expect(await used.promise).toBe(digest);
    await blobs.remove(digest);
    removed.resolve();
    await put;
    expect(await blobs.has(digest)).toBe(true);
  });

  it('makes a folder again that somebody removed meanwhile, durably', async () => {
    const synced: string[] = [];
    blobs = new BlobFolder({ folder }, { syncFolder: async (path) => void synced.push(path) });
    const { digest } = await store('hello');
    await rm(join(folder, digest.slice(0, 2)), { recursive: true });
    expect(await blobs.has(digest)).toBe(false);
    synced.length = 0;
    await writeFile(join(root, 'file'), 'hello');
    await Promise.all([blobs.putFile(join(root, 'file')), store('hello')]);
    expect(synced).toEqual(expect.arrayContaining([folder, join(folder, digest.slice(0, 2))]));
    expect(await blobs.has(digest)).toBe(true);
  });

  it('says undefined for what it does not hold', async () => {
    expect(await blobs.read('0'.repeat(64), 0, 1)).toBeUndefined();
    expect(await blobs.has('0'.repeat(64))).toBe(false);
  });

  it('takes no name that is not a digest', async () => {
    await expect(blobs.has('../../etc/passwd')).rejects.toThrow(/not a digest/);
  });

  it.each([
    ['too few bytes', 'abc', 4],
    ['too many bytes', 'abcde', 4],
    ['other bytes', 'abcx', 4],
  ])('refuses %s and leaves nothing', async (_case, content, size) => {
    const incoming = await blobs.create({ digest: digestOf(text.encode('abcd')), size });
    const result = (async () => {
      await incoming.write(text.encode(content));
      await incoming.commit();
    })();
    await expect(result).rejects.toMatchObject({ code: 'output-invalid' });
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
    expect(await readdir(folder)).toEqual(['incoming']);
  });

  it('forgets at the start what an earlier daemon left half-written', async () => {
    const incoming = await blobs.create({ digest: digestOf(text.encode('x')), size: 1 });
    expect(await readdir(join(folder, 'incoming'))).toHaveLength(1);
    await new BlobFolder({ folder }).start();
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
    await incoming.discard();
  });

  it('stores a file and writes it out again as a file of its own with the mode asked for', async () => {
    const source = join(root, 'source');
    const bytes = Buffer.alloc(3_000_000, 'frame');
    await writeFile(source, bytes);
    const blob = await blobs.putFile(source);
    expect(blob).toEqual({ digest: digestOf(bytes), size: bytes.length });
    const target = join(root, 'out/deep/target.png');
    await blobs.writeFile(blob.digest, target, 0o640);
    expect(Buffer.compare(await readFile(target), bytes)).toBe(0);
    expect((await stat(target)).mode & 0o777).toBe(0o640);
    expect((await stat(target)).nlink).toBe(1);
    expect(await readdir(join(root, 'out/deep'))).toEqual(['target.png']);
  });

  it('replaces a file that is there when writing out', async () => {
    const blob = await store('new');
    await writeFile(join(root, 'target'), 'old and longer');
    await blobs.writeFile(blob.digest, join(root, 'target'), 0o644);
    expect(await readFile(join(root, 'target'), 'utf8')).toBe('new');
  });

  it('never hands out damaged bytes: the blob is dropped so that it can be fetched again', async () => {
    const blob = await store('precious');
    const path = join(folder, blob.digest.slice(0, 2), blob.digest.slice(2));
    await chmod(path, 0o600);
    await writeFile(path, 'precioux');
    await expect(blobs.writeFile(blob.digest, join(root, 'target'), 0o644)).rejects.toMatchObject({ code: 'file-missing' });
    expect(await readdir(root)).toEqual(['blobs']);
    expect(await blobs.has(blob.digest)).toBe(false);
  });

  it('serves nothing of a blob with a changed bit, whether it was written before or after the start', async () => {
    const blob = await store('precious');
    expect(Buffer.from((await blobs.read(blob.digest, 0, 100)) ?? []).toString()).toBe('precious');
    const path = join(folder, blob.digest.slice(0, 2), blob.digest.slice(2));
    for (const disk of [blobs, new BlobFolder({ folder })]) {
      await store('precious');
      await chmod(path, 0o600);
      await writeFile(path, 'precioux');
      expect(await disk.read(blob.digest, 0, 3)).toBeUndefined();
      expect(await disk.has(blob.digest)).toBe(false);
    }
  });

  it('does not count a file of a wrong length as a copy, nor drop one because of what somebody else takes for its length', async () => {
    const blob = await store('precious');
    expect(await blobs.has(blob.digest, 3)).toBe(true);
    await truncate(join(folder, blob.digest.slice(0, 2), blob.digest.slice(2)), 3);
    expect(await blobs.has(blob.digest, blob.size)).toBe(false);
    expect(await blobs.has(blob.digest)).toBe(false);
  });

  it('keeps what was stored anew while the damaged file of before was looked at', async () => {
    const blob = await store('precious');
    const path = join(folder, blob.digest.slice(0, 2), blob.digest.slice(2));
    // Looking at it takes longer than storing it.
    await truncate(path, 60_000_000);
    const looking = blobs.read(blob.digest, 0, 8);
    await store('precious');
    expect(await looking).toBeUndefined();
    expect(Buffer.from((await blobs.read(blob.digest, 0, 8)) ?? []).toString()).toBe('precious');
  });

  it('makes the folders of a durable file durable, too', async () => {
    const synced: string[] = [];
    const blob = await store('frame');
    const disk = new BlobFolder({ folder }, { syncFolder: async (path) => void synced.push(path) });
    await disk.writeFile(blob.digest, join(root, 'a/b/c/1.png'), 0o644);
    await disk.writeFile(blob.digest, join(root, 'a/b/c/2.png'), 0o644);
    await disk.writeFile(blob.digest, join(root, 'x/1.png'), 0o644, 'passing');
    expect(synced).toEqual([...['a/b', 'a', '', 'a/b/c', 'a/b/c'].map((path) => join(root, path))]);
  });

  it('stores the same blob twice at a time', async () => {
    const [one, other] = await Promise.all([store('same'), store('same')]);
    expect(one).toEqual(other);
    expect(await blobs.has(one.digest)).toBe(true);
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
  });

  describe('when the folder of the names cannot be synced yet', () => {
    const gates: { resolve(): void; reject(error: Error): void }[] = [];
    let gated = false;
    const gatedSync = (): Promise<void> => (gated ? new Promise((resolve, reject) => void gates.push({ resolve, reject })) : Promise.resolve());
    const gate = async (): Promise<(typeof gates)[number]> => {
      for (;;) {
        const next = gates.shift();
        if (next !== undefined) return next;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };

    beforeEach(() => {
      gates.length = 0;
      gated = false;
      blobs = new BlobFolder({ folder }, { syncFolder: gatedSync });
    });

    /** A blob whose shelf is there already, so that only the shelf is synced. */
    const begin = async () => {
      const bytes = text.encode('precious');
      const blob = await store('precious');
      await blobs.remove(blob.digest);
      const incoming = await blobs.create(blob);
      await incoming.write(bytes);
      gated = true;
      return { blob, committing: incoming.commit() };
    };

    it('does not say that it holds a blob before that is sure to survive a power cut', async () => {
      const { blob, committing } = await begin();
      const sync = await gate();
      let told = false;
      const asking = blobs.has(blob.digest).then((held) => {
        told = true;
        return held;
      });
      for (let turn = 0; turn < 20; turn += 1) await stat(folder);
      expect(told).toBe(false);
      sync.resolve();
      expect(await asking).toBe(true);
      await committing;
    });

    it('does not say that a blob is stored before its new shelf is sure to survive, though another one made that shelf', async () => {
      gated = true;
      const first = store('precious');
      const root = await gate();
      let told = false;
      const second = store('precious').then(() => {
        told = true;
      });
      for (let turn = 0; turn < 20; turn += 1) await stat(folder);
      expect(told).toBe(false);
      gated = false;
      root.resolve();
      await Promise.all([first, second]);
    });

    it('does not hold a blob whose commit failed, and takes it the next time', async () => {
      const { blob, committing } = await begin();
      const failed = expect(committing).rejects.toThrow('EIO');
      (await gate()).reject(new Error('EIO'));
      await failed;
      gated = false;
      expect(await blobs.has(blob.digest)).toBe(false);
      await store('precious');
      expect(await blobs.has(blob.digest)).toBe(true);
    });

    it('syncs what an earlier daemon may have left unsynced before it says that it holds it', async () => {
      const { digest } = await store('precious');
      blobs = new BlobFolder({ folder }, { syncFolder: gatedSync });
      await blobs.start();
      gated = true;
      const asking = blobs.has(digest);
      // The folder of all shelves, and the shelf.
      (await gate()).resolve();
      (await gate()).resolve();
      expect(await asking).toBe(true);
      expect(await blobs.has(digest)).toBe(true);
      expect(gates).toEqual([]);
    });
  });
});
