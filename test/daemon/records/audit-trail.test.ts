import { expect, test } from 'vitest';
import { AuditTrail } from '../../../daemon/records/audit-trail.ts';
import { readFact } from '../../../daemon/records/fact-schema.ts';
import type { Audited, AuditLine } from '../../../src/model/cluster-facts.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

function trail(append: (line: Audited) => Promise<unknown> = async () => undefined) {
  const clock = new VirtualClock();
  const lines: Audited[] = [];
  const lost: unknown[] = [];
  const audit = new AuditTrail(
    { node: 'n1' },
    {
      clock,
      append: (line) => {
        lines.push(line);
        return append(line);
      },
      onLost: (error) => lost.push(error),
    },
  );
  return { clock, lines, lost, audit };
}

const done: AuditLine = { who: 'owner', door: 'socket', action: 'job-submitted', subject: 'cube', outcome: 'done' };
const refused: AuditLine = { who: '10.0.0.9', door: 'http', action: 'authentication-refused', subject: '', outcome: 'refused' };

test('everything that was done gets a line of its own, however often', () => {
  const { lines, audit } = trail();
  for (let time = 0; time < 100; time += 1) audit.write(done);
  expect(lines).toHaveLength(100);
  expect(lines[0]).toMatchObject({ ...done, type: 'audited', node: 'n1' });
});

test('equal refusals within a minute are two lines: the first, and how many more there were', async () => {
  const { clock, lines, audit } = trail();
  for (let time = 0; time < 5000; time += 1) audit.write(refused);
  await clock.advance(59_000);
  expect(lines).toHaveLength(1);
  await clock.advance(1_000);
  expect(lines.map(({ who, detail }) => [who, detail])).toEqual([
    ['10.0.0.9', undefined],
    ['10.0.0.9', '4999 more within a minute'],
  ]);
  await clock.advance(600_000);
  audit.write(refused);
  await clock.advance(600_000);
  expect(lines).toHaveLength(3);
});

test('a flood from many addresses is a few lines, whatever they are', async () => {
  const { clock, lines, audit } = trail();
  for (let number = 0; number < 10_000; number += 1) audit.write({ ...refused, who: `10.${number}` });
  await clock.advance(60_000);
  expect(lines.length).toBeLessThanOrEqual(22);
  expect(lines.at(-1)).toMatchObject({ who: 'several', detail: '9979 more within a minute' });
});

test('what an admin tried in vain has a line with their name, whoever knocks meanwhile', () => {
  const { lines, audit } = trail();
  for (let number = 0; number < 100; number += 1) audit.write({ ...refused, who: `10.${number}` });
  audit.write({ ...refused, who: 'token:boss', role: 'admin', outcome: 'failed' });
  audit.write({ ...done, who: 'token:ci', door: 'http', role: 'user' });
  expect(lines.slice(-2)).toMatchObject([
    { who: 'token:boss', role: 'admin' },
    { who: 'token:ci', role: 'user' },
  ]);
  expect(readFact(lines.at(-1))).toMatchObject({ kind: 'cluster' });
});

test('text of strangers is made fit for a fact', () => {
  const { lines, audit } = trail();
  audit.write({ ...done, who: 'x'.repeat(500), subject: 'a\u001b[2J\nb\u202e\ud800', detail: '\u0000'.repeat(10_000) });
  expect(readFact(lines[0])).toMatchObject({ kind: 'cluster' });
  expect(lines[0]?.subject).toBe('a\ufffd[2J\ufffdb\ufffd\ufffd');
});

test('a line that the disk refuses is told as a trouble of the disk', async () => {
  const full = new Error('full');
  const { clock, lost, audit } = trail(() => Promise.reject(full));
  audit.write(done);
  await clock.advance(0);
  expect(lost).toEqual([full]);
});
