import { existsSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { HttpServer } from '../../../daemon/http/server.ts';
import { systemClock } from '../../../daemon/system-clock.ts';
import { createClient } from '../../../src/api/client.ts';
import type { EventView } from '../../../src/api/views.ts';
import { SupervmError } from '../../../src/model/errors.ts';
import { startApiServer } from '../../support/api-server.ts';
import { fakeApi, receiptOf, sampleId, sampleStatus, viewOf } from '../../support/fake-api.ts';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What any HTTP client may send, well-formed or not. */
function raw(
  socketPath: string,
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, headers: { host: 'localhost', ...(body === undefined ? {} : headers) } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as unknown }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('an answer', () => {
  test('is the service’s, as JSON', async () => {
    await using server = await startApiServer(fakeApi({ status: async () => sampleStatus }));
    expect(await server.client.call('status')).toEqual(sampleStatus);
    expect(await raw(server.socketPath, 'GET', '/health')).toMatchObject({ status: 200, body: { ok: true } });
  });

  test('gets params, query and body as the caller sent them', async () => {
    const seen: unknown[] = [];
    await using server = await startApiServer(
      fakeApi({
        logs: async ({ params, query }) => {
          seen.push(params, query);
          return [];
        },
        submit: async ({ body }) => {
          seen.push(body);
          return receiptOf();
        },
      }),
    );
    await server.client.call('logs', { params: { job: 'abc' }, query: { task: 'frame=1 & 2' } });
    const body = { type: 'render', settings: { frames: '1-3' }, folder: '/work', existing: 'skip' as const };
    expect(await server.client.call('submit', { body })).toEqual(receiptOf());
    expect(seen).toEqual([{ job: 'abc' }, { task: 'frame=1 & 2' }, body]);
  });
});

describe('a problem body', () => {
  test('carries code, message, hint and status of the service’s error', async () => {
    const job = () => Promise.reject(new SupervmError('job-not-found', 'No such job.', 'See: supervm jobs'));
    await using server = await startApiServer(fakeApi({ job }));
    expect(await raw(server.socketPath, 'GET', '/api/v1/jobs/abc')).toEqual({
      status: 404,
      body: { code: 'job-not-found', message: 'No such job.', hint: 'See: supervm jobs', status: 404 },
    });
    await expect(server.client.call('job', { params: { job: 'abc' } })).rejects.toMatchObject({ code: 'job-not-found', hint: 'See: supervm jobs' });
    expect(server.defects).toEqual([]);
  });

  test('of a defect has no stack, and the daemon’s log is told', async () => {
    const defect = new TypeError('x is undefined');
    await using server = await startApiServer(fakeApi({ status: () => Promise.reject(defect) }));
    const { status, body } = await raw(server.socketPath, 'GET', '/api/v1/status');
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('    at ');
    expect(server.defects).toEqual([defect]);
  });

  test.each([
    ['GET', '/nowhere', undefined, 404, 'route-not-found', '/nowhere'],
    ['GET', '/api/v1/jobs/abc/cancel', undefined, 405, 'wrong-method', 'POST'],
    ['DELETE', '/api/v1/status', undefined, 405, 'wrong-method', 'GET'],
    ['POST', '/api/v1/jobs', '{"type":', 400, 'bad-request', 'cannot be read'],
    ['POST', '/api/v1/jobs', '{}', 400, 'bad-request', 'settings'],
    ['POST', '/api/v1/jobs', '{"type":"render","settings":{},"folder":"relative"}', 400, 'bad-request', 'folder: must be an absolute path'],
    ['POST', '/api/v1/jobs', '{"type":"render","settings":{},"folder":"/","nonsense":1}', 400, 'bad-request', 'nonsense'],
    ['POST', '/api/v1/jobs', undefined, 400, 'bad-request', 'body'],
    ['GET', '/api/v1/jobs/..%2f..%2fetc', undefined, 400, 'bad-request', 'hexadecimal'],
    ['GET', '/api/v1/jobs?phase=asleep', undefined, 400, 'bad-request', 'query.phase'],
    ['POST', '/api/super-vm/render', '{"sceneFile":"/a.blend","frameStart":1.5}', 400, 'bad-request', 'frameStart'],
  ])('%s %s %s', async (method, path, body, status, code, word) => {
    await using server = await startApiServer(fakeApi({}));
    const answer = await raw(server.socketPath, method, path, body);
    expect(answer).toMatchObject({ status, body: { code, status } });
    expect(JSON.stringify(answer.body)).toContain(word);
  });

  test('of a body of another type says what is wanted', async () => {
    await using server = await startApiServer(fakeApi({}));
    const answer = await raw(server.socketPath, 'POST', '/api/v1/jobs', 'type=render', { 'content-type': 'application/x-www-form-urlencoded' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'bad-request', hint: expect.stringContaining('JSON') } });
  });
});

describe('a call with progress', () => {
  test('tells each step and then the result', async () => {
    const steps = [1, 2].map((done) => ({ stage: 'storing' as const, done, total: 2, message: 'a.png' }));
    await using server = await startApiServer(
      fakeApi({
        submit: async ({ progress }) => {
          for (const step of steps) progress(step);
          return receiptOf();
        },
      }),
    );
    const seen: unknown[] = [];
    const body = { type: 'render', settings: {}, folder: '/' };
    expect(await server.client.follow('submit', { body }, (progress) => seen.push(progress))).toEqual(receiptOf());
    expect(seen).toEqual(steps);
  });

  test('ends with the problem when it fails half way', async () => {
    const submit = () => Promise.reject(new SupervmError('disk-full', 'No room.', 'Free some.'));
    await using server = await startApiServer(fakeApi({ submit }));
    const call = server.client.follow('submit', { body: { type: 'render', settings: {}, folder: '/' } }, () => undefined);
    await expect(call).rejects.toMatchObject({ code: 'disk-full', hint: 'Free some.' });
  });

  test('is aborted when its caller goes away', async () => {
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    await using server = await startApiServer(
      fakeApi({
        submit: ({ signal }) =>
          new Promise((_, reject) => {
            begin();
            signal.addEventListener('abort', () => {
              resolve();
              reject(signal.reason);
            });
          }),
      }),
    );
    const leave = new AbortController();
    const call = server.client.follow('submit', { body: { type: 'render', settings: {}, folder: '/' } }, () => undefined, leave.signal);
    await begun;
    leave.abort();
    await expect(call).rejects.toThrow();
    await aborted;
  });
});

describe('an event stream', () => {
  test('brings events until its reader leaves', async () => {
    const { promise: left, resolve } = Promise.withResolvers<void>();
    const view = viewOf();
    const jobEvents = async ({ signal }: { readonly signal: AbortSignal }, emit: (event: EventView) => void): Promise<void> => {
      emit({ type: 'progress', job: sampleId, view });
      await new Promise((done) => signal.addEventListener('abort', done));
      resolve();
    };
    await using server = await startApiServer(fakeApi({}, { jobEvents }));
    for await (const event of server.client.events('jobEvents', { params: { job: 'abc' } })) {
      expect(event).toEqual(JSON.parse(JSON.stringify({ type: 'progress', job: sampleId, view })));
      break;
    }
    await left;
  });

  test('of a job that is not there is a plain problem', async () => {
    const jobEvents = (): Promise<void> => {
      throw new SupervmError('job-not-found', 'none');
    };
    await using server = await startApiServer(fakeApi({}, { jobEvents }));
    await expect(server.client.events('jobEvents', { params: { job: 'abc' } }).next()).rejects.toMatchObject({ code: 'job-not-found' });
  });

  test('ends for its reader when the daemon stops', async () => {
    const jobEvents = async ({ signal }: { readonly signal: AbortSignal }, emit: (event: EventView) => void): Promise<void> => {
      emit({ type: 'nodes' });
      await new Promise((done) => signal.addEventListener('abort', done));
    };
    await using server = await startApiServer(fakeApi({}, { jobEvents }));
    const events = server.client.events('jobEvents', { params: { job: 'abc' } });
    expect((await events.next()).value).toEqual({ type: 'nodes' });
    const stopped = server.stop();
    await events.next().catch((error: unknown) => expect(error).toMatchObject({ code: 'no-daemon' }));
    await stopped;
  });
});

describe('the socket', () => {
  test('is for its user alone and gone with the server', async () => {
    await using server = await startApiServer(fakeApi({}));
    expect(statSync(server.socketPath).mode & 0o777).toBe(0o600);
    await server.stop();
    expect(existsSync(server.socketPath)).toBe(false);
    await expect(server.client.call('health')).rejects.toMatchObject({ code: 'no-daemon', hint: expect.stringContaining('supervm up') });
  });

  test('that a killed daemon left is there until the next one answers on it', async () => {
    await using place = await startApiServer(fakeApi({}));
    const { socketPath } = place;
    await place.stop();
    writeFileSync(socketPath, 'of a dead daemon');
    const server = new HttpServer(
      { socketPath, addressFile: `${socketPath}.address` },
      { api: fakeApi({}), clock: systemClock(), tcp: undefined, audit: () => undefined, logDefect: () => undefined },
    );
    let isStarted = false;
    const starting = server.start().then(() => {
      isStarted = true;
    });
    for (; !isStarted; await setImmediate()) expect(existsSync(socketPath)).toBe(true);
    await starting;
    expect(await place.client.call('health')).toMatchObject({ ok: true });
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    await server.stop();
    expect(existsSync(socketPath)).toBe(false);
  });

  test('without a daemon says so', async () => {
    await expect(createClient({ socketPath: '/nowhere/supervm.sock' }).call('status')).rejects.toMatchObject({ code: 'no-daemon' });
  });
});
