import { beforeEach, expect, test } from 'vitest';
import { Settling } from '../../../daemon/coordinator/settling.ts';
import type { NodeId } from '../../../src/model/job.ts';

const voters = ['a', 'b', 'c'].map((node) => ({ node, store: 's' }));
const positions = new Map([['a/s', 4]]);
let isMine: boolean;
let quorate: boolean;
let holders: Set<NodeId>;
let renewing: Set<NodeId>;
let onConfirm: () => void;
let settling: Settling;

beforeEach(() => {
  isMine = true;
  quorate = true;
  holders = new Set(['a', 'b']);
  renewing = new Set(['a', 'b', 'c']);
  onConfirm = () => undefined;
  settling = new Settling(
    { storeMs: 1000 },
    {
      isMine: () => isMine,
      journal: { holds: (node) => holders.has(node), whenHeld: async (isEnough) => isEnough() },
      leadership: {
        quorate: () => quorate,
        voters: () => ({ number: 1, term: { number: 1, node: 'a' }, voters }),
        confirm: async (counts) => {
          const both = voters.filter(({ node }) => renewing.has(node) && counts(node));
          onConfirm();
          return both.length >= 2;
        },
      },
    },
  );
});

test('a fact is settled once a majority has it and renewed the term after that', async () => {
  expect(settling.isQuorate()).toBe(true);
  expect(await settling.isSettled(positions)).toBe(true);
});

test('neither is enough without the other', async () => {
  renewing = new Set(['b', 'c']);
  expect(await settling.isSettled(positions)).toBe(false);
  renewing = new Set(['a', 'b', 'c']);
  holders = new Set(['a']);
  expect(await settling.isSettled(positions)).toBe(false);
});

test('a term that is over settles nothing, even if a later one of the same node is confirmed', async () => {
  onConfirm = () => {
    isMine = false;
  };
  expect(await settling.isSettled(positions)).toBe(false);
  expect(settling.isQuorate()).toBe(false);
});
