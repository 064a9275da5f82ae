import { expect, test } from 'vitest';
import { movesFor } from '../../../daemon/upkeep/moves.ts';

test('names no more sources than a request may carry', () => {
  const holders = Array.from({ length: 100 }, (_, index) => `n${index}`);
  const nodes = [...holders.map((node) => ({ node, host: 'one' })), { node: 'target', host: 'two' }];
  const group = { blobs: [{ digest: 'd', size: 1 }], wanted: 2 };
  const moves = movesFor([group], new Map([['d', holders]]), { nodes, inputsWanted: 2, resultsWanted: 2 });
  expect(moves).toMatchObject([{ to: 'target' }]);
  expect(moves[0]?.from).toHaveLength(64);
});
