/** Randomness that a seed decides: mulberry32, good enough to draw faults with and the same on every machine. */
import type { Randomness } from '../../daemon/clock.ts';

export interface SeededRandomness extends Randomness {
  /** 0 <= n < `below` */
  integer(below: number): number;
  /** True once in `1 / probability` draws. */
  chance(probability: number): boolean;
  between(low: number, high: number): number;
  pick<T>(from: readonly T[]): T;
  /** A generator of its own, so that one part's draws do not shift another's. */
  fork(name: string): SeededRandomness;
}

function hashText(text: string, seed: number): number {
  let hash = (2166136261 ^ seed) >>> 0;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0;
  return hash;
}

/** @param seed any integer */
export function seededRandomness(seed: number): SeededRandomness {
  let state = hashText('supervm', seed | 0);
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const integer = (below: number): number => Math.floor(fraction() * below);
  return {
    fraction,
    integer,
    hex: (bytes) => Array.from({ length: bytes }, () => integer(256).toString(16).padStart(2, '0')).join(''),
    chance: (probability) => fraction() < probability,
    between: (low, high) => low + fraction() * (high - low),
    pick: (from) => {
      const picked = from[integer(from.length)];
      if (picked === undefined) throw new RangeError('nothing to pick from');
      return picked;
    },
    fork: (name) => seededRandomness(hashText(name, seed | 0)),
  };
}
