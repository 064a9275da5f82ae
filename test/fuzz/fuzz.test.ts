/** Every decoder with a few inputs, and the harness with decoders that it must find wanting. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { corpusFolder } from './corpus.ts';
import type { Decoder } from './decoder.ts';
import { decoders } from './decoders/all.ts';
import { fuzz } from './fuzz.ts';

describe('a decoder refuses what it does not know, soon and in its own words', () => {
  // Inputs differ with each run; what fails names its seed.
  test.each(decoders.map((decoder) => [decoder.name, decoder] as const))('%s', async (_, decoder) => {
    expect(decoder.samples.length).toBeGreaterThan(0);
    await fuzz(decoder, { runs: 40 });
  });

  test('has one name each, and a corpus belongs to one of them', () => {
    const names = decoders.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(
      readdirSync(corpusFolder)
        .map((file) => file.replace('.json', ''))
        .filter((name) => !names.includes(name)),
    ).toEqual([]);
  });
});

describe('the harness', () => {
  const decoder = (run: (bytes: Uint8Array) => unknown): Decoder => ({ kind: 'bytes', name: 'made-up', samples: [new Uint8Array([1, 2, 3])], run });

  test('finds a crash that is no refusal', async () => {
    const careless = decoder((bytes) => {
      if (bytes[0] !== 1) (undefined as unknown as { member: string }).member.trim();
    });
    await expect(fuzz(careless, { runs: 1000 })).rejects.toThrow(/fails on/);
  });

  test('finds a size that is believed', async () => {
    const believing = decoder((bytes) => {
      if (bytes[0] !== 1) new Uint8Array(-1);
    });
    await expect(fuzz(believing, { runs: 1000 })).rejects.toThrow(/fails on/);
  });

  test('finds what takes too long', async () => {
    const slow = decoder((bytes) => {
      const began = process.threadCpuUsage();
      while (bytes[0] !== 1 && process.threadCpuUsage(began).user < 120_000);
    });
    await expect(fuzz(slow, { runs: 200, endOnFailure: true })).rejects.toThrow(/ms to read/);
  });

  test('takes a word of its own for an answer', async () => {
    const strict = decoder(() => {
      throw new RangeError('a frame of 7 bytes is not allowed');
    });
    expect(await fuzz(strict, { runs: 20 })).toMatchObject({ accepted: 0 });
  });
});
