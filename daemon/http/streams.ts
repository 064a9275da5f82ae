/** Answers that come in pieces, as text/event-stream. */
import type { FastifyReply } from 'fastify';
import { eventText, keepAliveText } from '../../src/api/event-stream.ts';
import type { Problem } from '../../src/api/problem.ts';
import type { CallProgress } from '../../src/api/requests.ts';
import type { Clock } from './needs.ts';

const keepAliveMs = 15_000;
/** A reader that stands still longer than this much is cut: it can come back and see the present. */
const mostUnreadBytes = 1024 * 1024;

type Explain = (error: unknown) => Problem;

/** `event` events until the signal aborts or the source ends. */
export async function streamEvents(
  clock: Clock,
  reply: FastifyReply,
  signal: AbortSignal,
  source: (emit: (event: unknown) => void) => Promise<void>,
  explain: Explain,
): Promise<FastifyReply> {
  // A mistake that shows at once (no such job) is a plain problem with its status, not a stream.
  const early: unknown[] = [];
  let write: ((event: string, body: unknown) => void) | undefined;
  const emit = (event: unknown): void => {
    if (write === undefined) early.push(event);
    else write('event', event);
  };
  const running = source(emit);
  await Promise.race([running, Promise.resolve()]);
  write = open(clock, reply, signal);
  for (const event of early) write('event', event);
  await finish(reply, running, write, explain);
  return reply;
}

/** `progress` events and at last `result` or `problem`. */
export async function streamAnswer(
  clock: Clock,
  reply: FastifyReply,
  signal: AbortSignal,
  answer: (progress: (progress: CallProgress) => void) => Promise<unknown>,
  explain: Explain,
): Promise<FastifyReply> {
  const write = open(clock, reply, signal);
  const running = answer((progress) => write('progress', progress)).then((result) => write('result', result));
  await finish(reply, running, write, explain);
  return reply;
}

async function finish(reply: FastifyReply, running: Promise<unknown>, write: (event: string, body: unknown) => void, explain: Explain): Promise<void> {
  try {
    await running;
  } catch (error) {
    write('problem', explain(error));
  } finally {
    reply.raw.end();
  }
}

function open(clock: Clock, reply: FastifyReply, signal: AbortSignal): (event: string, body: unknown) => void {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  raw.flushHeaders();
  const put = (text: string): void => {
    if (signal.aborted || raw.destroyed || raw.writableEnded) return;
    raw.write(text);
    if (raw.writableLength > mostUnreadBytes) raw.destroy();
  };
  const alive = clock.every(keepAliveMs, () => put(keepAliveText));
  raw.once('close', () => alive.cancel());
  return (event, body) => put(eventText(event, body));
}
