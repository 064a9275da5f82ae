import { expect, test } from 'vitest';
import { failuresToName } from '../../../daemon/coordinator/failures-to-name.ts';
import { mostFactBytes } from '../../../daemon/records/protocol.ts';

const failed = (count: number, step: string) => Array.from({ length: count }, (_, index) => ({ step, index }));

test('few failures are all named', () => {
  expect(failuresToName(failed(500, 'render'))).toEqual(failed(500, 'render'));
});

test.each(['r', 'x'.repeat(128)])('of very many the first are named, so that the outcome fits a fact', (step) => {
  const named = failuresToName(failed(50_000, step));
  expect(named.length).toBeGreaterThan(1000);
  expect(named.length).toBeLessThanOrEqual(10_000);
  expect(named).toEqual(failed(named.length, step));
  expect(JSON.stringify(named).length).toBeLessThan(mostFactBytes - 10_000);
});
