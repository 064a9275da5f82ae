/** The real thread and real sockets. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { StartBeatThread } from '../../../../daemon/network/beats/beat-messages.ts';
import { beatThreadStarter } from '../../../../daemon/network/beats/start-thread.ts';
import { UdpBeats } from '../../../../daemon/network/beats/udp-beats.ts';
import { systemRandomness } from '../../../../daemon/system-clock.ts';
import { programFile } from '../../../../src/settings/program-files.ts';

const startThread = beatThreadStarter(programFile('daemon/network/beats/thread-main.ts'));
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((clean) => clean()));
});

async function carrier(port = 0, starter: StartBeatThread = startThread) {
  const problems: string[] = [];
  const beats = new UdpBeats({ randomness: systemRandomness(), startThread: starter, problem: (reason) => problems.push(reason) });
  cleanups.push(() => beats.stop());
  await beats.start('127.0.0.1', port);
  return { beats, problems };
}

/** As two connected nodes would, after their hellos. */
function connect(a: UdpBeats, b: UdpBeats) {
  const [ofA, ofB] = [a.offer(), b.offer()];
  if (ofA === undefined || ofB === undefined) throw new Error('no beats');
  a.open('b', '127.0.0.1', ofB, ofA);
  b.open('a', '127.0.0.1', ofA, ofB);
  return { ofA, ofB };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(5);
}

test('beats go from thread to thread, and each side learns that it is heard', async () => {
  const [{ beats: a }, { beats: b, problems }] = [await carrier(), await carrier()];
  connect(a, b);
  a.tick();
  a.beat(['b'], 40);
  const promised: number[] = [];
  await until(() => {
    const news = b.news('a');
    if (news !== undefined) promised.push(news.promisedMs);
    return promised.length > 2;
  });
  expect(new Set(promised)).toEqual(new Set([40]));
  await until(() => a.reaches('b'));
  expect([a.news('nobody'), a.reaches('nobody'), problems]).toEqual([undefined, false, []]);
});

test('a connection that ends takes its beats with it, one that was replaced does not', async () => {
  const [{ beats: a }, { beats: b }] = [await carrier(), await carrier()];
  const first = connect(a, b);
  a.beat(['b'], 40);
  await until(() => a.reaches('b'));
  const second = connect(a, b);
  a.close('b', first.ofA);
  await until(() => a.reaches('b'));
  a.close('b', second.ofA);
  expect([a.reaches('b'), a.news('b')]).toEqual([false, undefined]);
});

test('a port in use gives way to another', async () => {
  const taken = createSocket('udp4').bind(0, '127.0.0.1');
  cleanups.push(async () => taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { beats, problems } = await carrier(port);
  expect(beats.offer()?.port).toBeGreaterThan(0);
  expect([beats.offer()?.port === port, problems]).toEqual([false, []]);
});

test('an address that is not this machine’s is a problem told, and no beats are offered', async () => {
  const problems: string[] = [];
  const beats = new UdpBeats({ randomness: systemRandomness(), startThread, problem: (reason) => problems.push(reason) });
  await beats.start('192.0.2.1', 0);
  expect(problems).toEqual([expect.stringContaining('192.0.2.1')]);
  expect([beats.offer(), beats.reaches('b'), beats.stoodStill()]).toEqual([undefined, false, 0]);
});

test('when the thread ends, nothing is reached any more and it is told once', async () => {
  let answer: Parameters<StartBeatThread>[1] = () => undefined;
  const { beats, problems } = await carrier(0, (_, answered) => {
    answer = answered;
    answered({ type: 'bound', port: 1 });
    return { tell: () => undefined, stop: async () => undefined };
  });
  answer({ type: 'failed', message: 'their thread has ended' });
  answer({ type: 'failed', message: 'their thread has ended' });
  expect([problems, beats.offer()]).toEqual([['their thread has ended'], undefined]);
});
