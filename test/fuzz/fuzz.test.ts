/** Every decoder with a few inputs, and the harness with decoders that it must find wanting. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { helloProtocol } from '../../daemon/network/hello.ts';
import { protocolLimits } from '../../daemon/network/limits/protocol-limits.ts';
import { corpusFolder } from './corpus.ts';
import type { Decoder } from './decoder.ts';
import { decoders } from './decoders/all.ts';
import { protocols } from './decoders/wire.ts';
import { fuzz } from './fuzz.ts';

describe('a decoder refuses what it does not know, soon and in its own words', () => {
  // Inputs differ with each run; what fails names its seed.
  test.each(decoders.map((decoder) => [decoder.name, decoder] as const))('%s', async (_, decoder) => {
    expect(decoder.samples.length).toBeGreaterThan(0);
    const { accepted } = await fuzz(decoder, { runs: 40 });
    expect(accepted).toBeGreaterThan(0);
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

test('all that peers say to each other is among them', () => {
  const told = Object.keys(protocolLimits).filter((protocol) => protocol !== helloProtocol);
  expect(protocols.map(({ id }) => id).toSorted()).toEqual(told.toSorted());
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

  test('finds what keeps its inputs', async () => {
    const kept: Uint8Array[] = [];
    const keeping = decoder(() => void kept.push(new Uint8Array(2 ** 20)));
    await expect(fuzz(keeping, { runs: 400 })).rejects.toThrow(/keeps \d+ bytes/);
  });

  test('finds what takes much memory for a moment', async () => {
    let peak = 0;
    const greedy = decoder((bytes) => {
      if (bytes[0] !== 1) peak = 2 ** 30;
    });
    await expect(fuzz(greedy, { runs: 200, peakBytes: () => peak })).rejects.toThrow(/takes 1073741824 bytes for a moment/);
  });

  test('begins no more inputs when the time is over, and says how many there were', async () => {
    expect(
      await fuzz(
        decoder(() => undefined),
        { runs: 10_000_000, longestMs: 1 },
      ),
    ).toMatchObject({ runs: expect.toSatisfy((runs: number) => runs < 10_000_000) });
  });

  test('takes a word of its own for an answer', async () => {
    const strict = decoder(() => {
      throw new RangeError('a frame of 7 bytes is not allowed');
    });
    expect(await fuzz(strict, { runs: 20 })).toMatchObject({ accepted: 0 });
  });
});
