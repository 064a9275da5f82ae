import { beforeEach, describe, expect, it } from 'vitest';
import { BlobTransfer } from '../../../daemon/blobs/blob-transfer.ts';
import type { Blob } from '../../../daemon/blobs/blobs.ts';
import { digestOf } from '../../../daemon/blobs/digest.ts';
import { MemoryBlobDisk } from '../../../daemon/blobs/memory-blob-disk.ts';
import { SupervmError } from '../../../src/model/errors.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { LinkedMessengers } from './linked-messengers.ts';

function patterned(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let position = 0; position < size; position++) bytes[position] = (position * 31 + seed + (position >> 12)) & 0xff;
  return bytes;
}

class LyingDisk extends MemoryBlobDisk {
  override async read(digest: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    const bytes = await super.read(digest, offset, length);
    return bytes?.map((byte) => byte ^ 1);
  }
}

describe('blobs between nodes', () => {
  let clock: VirtualClock;
  let links: LinkedMessengers;
  const disks = new Map<string, MemoryBlobDisk>();

  function node(id: string, disk = new MemoryBlobDisk()): BlobTransfer {
    disks.set(id, disk);
    return new BlobTransfer({}, { messenger: links.join(id), clock, disk });
  }

  beforeEach(() => {
    clock = new VirtualClock();
    links = new LinkedMessengers();
    disks.clear();
  });

  it('brings a blob of many pieces from the peer that is named, with several requests outstanding', async () => {
    const [a, b] = [node('a'), node('b')];
    const bytes = patterned(5_000_000, 1);
    const blob = await a.put(bytes);
    await b.fetch([blob], ['a']);
    expect(Buffer.compare(await b.bytes(blob, []), bytes)).toBe(0);
    expect(links.mostOutstanding).toBeGreaterThan(1);
    expect(links.mostOutstanding).toBeLessThanOrEqual(8);
  });

  it('brings an empty blob', async () => {
    const [a, b] = [node('a'), node('b')];
    const blob = await a.put(new Uint8Array());
    await b.fetch([blob], ['a']);
    expect(await b.bytes(blob, [])).toHaveLength(0);
  });

  it('brings a blob of unknown size, also one of exactly one piece, and keeps it', async () => {
    const [a, b] = [node('a', new LyingDisk()), node('b')];
    const c = node('c');
    for (const size of [0, 10, 524_288, 1_500_000]) {
      const bytes = patterned(size, 20);
      const { digest } = await b.put(bytes);
      await new BlobTransfer({}, { messenger: new LinkedMessengers().join('a'), clock, disk: disks.get('a') ?? new MemoryBlobDisk() }).put(bytes);
      expect(Buffer.compare(await c.bytes({ digest }, ['a']), bytes)).toBe(0);
      expect(await c.has(digest)).toBe(true);
    }
    await expect(c.bytes({ digest: '0'.repeat(64) }, ['a'])).rejects.toMatchObject({ code: 'file-missing' });
    expect(await a.has('0'.repeat(64))).toBe(false);
  });

  it('finds holders that nobody named', async () => {
    const [a, b] = [node('a'), node('b')];
    node('c');
    const blob = await a.put(patterned(10, 2));
    await b.fetch([blob], ['c', 'gone']);
    expect(await b.has(blob.digest)).toBe(true);
  });

  it('goes on with another holder when one dies half way', async () => {
    class DyingDisk extends MemoryBlobDisk {
      override async read(digest: string, offset: number, length: number): Promise<Uint8Array | undefined> {
        if (offset > 1_000_000) links.down.add('a');
        return super.read(digest, offset, length);
      }
    }
    const [a, b, c] = [node('a', new DyingDisk()), node('b'), node('c')];
    const bytes = patterned(3_000_000, 3);
    const blob = await a.put(bytes);
    await b.put(bytes);
    await c.fetch([blob], ['a']);
    expect(Buffer.compare(await c.bytes(blob, []), bytes)).toBe(0);
  });

  it('is not fooled by a peer that sends wrong bytes, whatever the order of the holders', async () => {
    node('a', new LyingDisk());
    const [b, c] = [node('b'), node('c')];
    for (let seed = 0; seed < 8; seed++) {
      const bytes = patterned(600_000, seed);
      const blob: Blob = { digest: digestOf(bytes), size: bytes.length };
      for (const holder of ['a', 'b'])
        await new BlobTransfer({}, { messenger: new LinkedMessengers().join(holder), clock, disk: disks.get(holder) ?? new MemoryBlobDisk() }).put(bytes);
      await c.fetch([blob], ['a', 'b']);
      expect(await c.has(blob.digest)).toBe(true);
    }
    expect(await b.has('0'.repeat(64))).toBe(false);
  });

  it('rejects with file-missing and keeps nothing when the only holder lies', async () => {
    const [a, b] = [node('a', new LyingDisk()), node('b')];
    const blob = await a.put(patterned(100, 4));
    await expect(b.fetch([blob], ['a'])).rejects.toMatchObject({ code: 'file-missing' });
    expect(await b.has(blob.digest)).toBe(false);
  });

  it('rejects with file-missing when nobody reachable has it', async () => {
    const [a, b] = [node('a'), node('b')];
    const blob = await a.put(patterned(100, 5));
    links.down.add('a');
    await expect(b.fetch([blob], ['a'])).rejects.toMatchObject({ code: 'file-missing' });
  });

  it('rejects with the disk’s own failure, which no other peer could help', async () => {
    class FullDisk extends MemoryBlobDisk {
      override create(): Promise<never> {
        return Promise.reject(new SupervmError('disk-full', 'no room left'));
      }
    }
    const [a, b] = [node('a'), node('b', new FullDisk())];
    const blob = await a.put(patterned(100, 11));
    await expect(b.fetch([blob], ['a'])).rejects.toMatchObject({ code: 'disk-full' });
  });

  it('fetches a blob once however many ask for it', async () => {
    const [a, b] = [node('a'), node('b')];
    const blob = await a.put(patterned(100, 6));
    await Promise.all([b.fetch([blob, blob], ['a']), b.fetch([blob], ['a']), b.bytes(blob, ['a'])]);
    expect(links.requests.filter(({ request }) => (request as { type: string }).type === 'read')).toHaveLength(1);
  });

  it('lets one waiter give up while another goes on', async () => {
    const [a, b] = [node('a'), node('b')];
    const blob = await a.put(patterned(2_000_000, 7));
    const stop = new AbortController();
    const one = b.fetch([blob], ['a'], stop.signal);
    const other = b.fetch([blob], ['a']);
    stop.abort(new Error('changed my mind'));
    await expect(one).rejects.toThrow('changed my mind');
    await other;
    expect(await b.has(blob.digest)).toBe(true);
  });

  it('replicates many blobs to another node, which holds them when it resolves', async () => {
    const [a, b] = [node('a'), node('b')];
    const blobs = await Promise.all(Array.from({ length: 2500 }, (_, seed) => a.put(new TextEncoder().encode(`blob ${seed}`))));
    await a.replicate(blobs, 'b', 1000);
    for (const blob of blobs) expect(await b.has(blob.digest)).toBe(true);
  });

  it('replicates with patience as long as there is progress and gives up when there is none', async () => {
    class SlowDisk extends MemoryBlobDisk {
      pieceMs = 1500;
      override async read(digest: string, offset: number, length: number): Promise<Uint8Array | undefined> {
        await new Promise<void>((resolve) => void clock.after(this.pieceMs * (1 + offset / 524_288), resolve));
        return super.read(digest, offset, length);
      }
    }
    const slow = new SlowDisk();
    const [a, b] = [node('a', slow), node('b')];
    const blob = await a.put(patterned(4_000_000, 8));
    const done = a.replicate([blob], 'b', 5000);
    await clock.advance(30_000);
    await done;
    expect(await b.has(blob.digest)).toBe(true);

    slow.pieceMs = 1e9;
    const stuck = a.replicate([await a.put(patterned(100, 9))], 'b', 5000);
    const rejected = expect(stuck).rejects.toMatchObject({ code: 'timed-out' });
    await clock.advance(30_000);
    await rejected;
  });

  it('keeps nothing of a blob whose commit a crash cut short', async () => {
    const disk = new MemoryBlobDisk({ syncMs: 10 }, { clock });
    const a = node('a', disk);
    const bytes = patterned(10, 10);
    const put = a.put(bytes);
    await clock.advance(5);
    disk.crash();
    await clock.advance(10);
    await put;
    expect(disk.digests()).toEqual([]);
  });
});
