import { getEventListeners } from 'node:events';
import { beforeEach, expect, test } from 'vitest';
import { RecentUse } from '../../../daemon/blobs/recent-use.ts';
import type { Leadership } from '../../../daemon/election/leadership.ts';
import { digestOf } from '../../../daemon/records/canonical.ts';
import type { CoordinationReply } from '../../../daemon/wire/coordination-protocol.ts';
import type { Messenger } from '../../../daemon/wire/messenger.ts';
import { AttemptsDelivery, type DeliveryNeeds } from '../../../daemon/worker/attempts-delivery.ts';
import { outcomeOf } from '../../../daemon/worker/attempts-outcome.ts';
import type { Term } from '../../../src/model/job.ts';
import { attemptOf, someReport } from '../../support/jobs.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { settle, VirtualClock } from '../../support/virtual-clock.ts';

const attempt = attemptOf(digestOf('job'), 3);
const offer = outcomeOf(attempt, { type: 'done', outputs: [], report: someReport });
let clock: VirtualClock;
let rest: Pick<DeliveryNeeds, 'clock' | 'journal' | 'offeredBytes'>;
let term: Term | undefined;
let answers: Map<string, () => Promise<CoordinationReply>>;
let asked: string[];
let tellChange: () => void;
let delivery: AttemptsDelivery;

beforeEach(() => {
  clock = new VirtualClock();
  term = { number: 1, node: 'a' };
  answers = new Map();
  asked = [];
  const leadership: Leadership = {
    current: () => term,
    isMine: () => false,
    onChange: (listener) => {
      tellChange = () => listener(term);
    },
  };
  const messenger = {
    request: async (to: string) => {
      asked.push(to);
      const answer = answers.get(to);
      if (answer === undefined) throw new Error('unreachable');
      return answer();
    },
  } as unknown as Messenger;
  rest = { clock, journal: new MemoryJournal(), offeredBytes: { look: async () => 'there' } };
  delivery = new AttemptsDelivery({ retryMs: 1000, offerMs: 60_000 }, { leadership, messenger, ...rest });
});

async function isDone(delivered: Promise<void>): Promise<boolean> {
  await settle();
  return Promise.race([delivered.then(() => true), Promise.resolve().then(() => false)]);
}

test.each([{ type: 'kept' }, { type: 'refused', reason: 'already-kept' }] as const)('the answer %o ends it', async (answer) => {
  answers.set('a', async () => answer);
  expect(await isDone(delivery.deliver(offer, new AbortController().signal))).toBe(true);
  expect(asked).toEqual(['a']);
});

test('a coordinator that says later, or does not answer, is asked again after a while', async () => {
  answers.set('a', async () => ({ type: 'later', reason: 'taking over' }));
  const delivered = delivery.deliver(offer, new AbortController().signal);
  await clock.advance(1000);
  answers.delete('a');
  await clock.advance(1000);
  expect(await isDone(delivered)).toBe(false);
  answers.set('a', async () => ({ type: 'kept' }));
  await clock.advance(1000);
  expect(await isDone(delivered)).toBe(true);
  expect(asked).toEqual(['a', 'a', 'a', 'a']);
});

test('a new coordinator is asked at once, though the old one still owes its answer', async () => {
  answers.set('a', () => new Promise(() => {}));
  answers.set('b', async () => ({ type: 'kept' }));
  const delivered = delivery.deliver(offer, new AbortController().signal);
  await settle();
  term = { number: 2, node: 'b' };
  tellChange();
  expect(await isDone(delivered)).toBe(true);
  expect(asked).toEqual(['a', 'b']);
});

test('while nobody coordinates nobody is asked', async () => {
  term = undefined;
  const delivered = delivery.deliver(offer, new AbortController().signal);
  await clock.advance(10_000);
  expect(asked).toEqual([]);
  term = { number: 2, node: 'b' };
  answers.set('b', async () => ({ type: 'kept' }));
  tellChange();
  expect(await isDone(delivered)).toBe(true);
});

test('whoever drops the attempt is not kept waiting', async () => {
  const dropped = new AbortController();
  const delivered = delivery.deliver(offer, dropped.signal);
  await settle();
  dropped.abort();
  expect(await isDone(delivered)).toBe(true);
});

test('an answered attempt leaves nothing behind on the signals that could have ended it', async () => {
  const [dropped, stopped] = [new AbortController().signal, new AbortController().signal];
  answers.set('a', async () => ({ type: 'kept' }));
  await delivery.deliver(offer, dropped, stopped);
  expect([dropped, stopped].flatMap((signal) => getEventListeners(signal, 'abort'))).toEqual([]);
});

test('any of several signals ends it', async () => {
  const stopped = new AbortController();
  const delivered = delivery.deliver(offer, new AbortController().signal, stopped.signal);
  await settle();
  stopped.abort();
  expect(await isDone(delivered)).toBe(true);
});

test('the bytes of a result stay while nobody answers for it, and are in use no longer afterwards', async () => {
  const output = { path: '0.png', digest: digestOf('picture'), size: 7 };
  const recentUse = new RecentUse({ clock });
  const isFreed = (): Promise<boolean> => recentUse.removeUnused(output.digest, async () => undefined);
  const messenger = { request: async () => (await answers.get('a')?.()) ?? { type: 'later', reason: 'alone' } } as unknown as Messenger;
  const leadership: Leadership = { current: () => term, isMine: () => false, onChange: () => undefined };
  const patient = new AttemptsDelivery({ retryMs: 3_600_000, offerMs: 60_000 }, { leadership, messenger, ...rest, recentUse });
  const delivered = patient.deliver(outcomeOf(attempt, { type: 'done', outputs: [output], report: someReport }), new AbortController().signal);
  await clock.advance(48 * 3_600_000);
  expect(await isFreed()).toBe(false);
  answers.set('a', async () => ({ type: 'kept' }));
  await clock.advance(3_600_000);
  await delivered;
  await clock.advance(120_000);
  expect(await isFreed()).toBe(true);
});

/** A delivery of a result whose files are there or not as `standing` says, and what is told of it. */
function offering() {
  const told: string[] = [];
  const standing: { now: 'there' | 'missing' } = { now: 'missing' };
  const messenger = {
    request: async (_to: string, _protocol: unknown, request: { readonly type: string }) => {
      told.push(request.type);
      return answers.get('a')?.();
    },
  } as unknown as Messenger;
  const leadership: Leadership = { current: () => term, isMine: () => false, onChange: () => undefined };
  const offeredBytes = { look: async () => standing.now };
  const looking = new AttemptsDelivery({ retryMs: 1000, offerMs: 60_000 }, { leadership, messenger, ...rest, offeredBytes });
  return { told, standing, delivered: looking.deliver(offer, new AbortController().signal) };
}

test('a result whose files are missing for a minute is told as lost, and not before', async () => {
  answers.set('a', async () => ({ type: 'refused', reason: 'already-kept' }));
  const { told, delivered } = offering();
  await clock.advance(59_000);
  expect(told).toEqual([]);
  await clock.advance(11_000);
  expect(await isDone(delivered)).toBe(true);
  expect(told).toEqual(['failed']);
});

test('a result whose files are there again is offered, and a minute begins anew', async () => {
  answers.set('a', async () => ({ type: 'later', reason: 'copying' }));
  const { told, standing } = offering();
  await clock.advance(45_000);
  standing.now = 'there';
  await clock.advance(10_000);
  expect(new Set(told)).toEqual(new Set(['offer']));
  standing.now = 'missing';
  await clock.advance(1_000);
  const offers = told.length;
  await clock.advance(50_000);
  expect(told.length).toBe(offers);
});
