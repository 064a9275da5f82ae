/** What becomes of those who only hold on to HTTP over TCP. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sampleStatus } from '../../support/fake-api.ts';
import { ask, bearer, startTcp, tokenOf, type World } from './tcp-world.ts';

let world: World;
beforeEach(async () => {
  world = await startTcp();
});
afterEach(() => world[Symbol.asyncDispose]());

function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  socket.on('error', () => undefined);
  return new Promise((resolve) => socket.once('close', () => resolve(text)));
}

describe('whoever holds on', () => {
  test('sends a body that nobody reads', async () => {
    const socket = connect(world.port, '127.0.0.1');
    socket.write(`POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n{`);
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 401 /);
  });

  test('without a word, with half a header or half a body is cut', async () => {
    const { port } = world;
    const head = `POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${tokenOf('user')}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n`;
    const ends = ['', 'GET /health HT', head, `${head}\r\n{"type":`].map((text) => {
      const socket = connect(port, '127.0.0.1');
      socket.write(text);
      return readAll(socket);
    });
    const answers = await Promise.all(ends);
    expect(answers.filter((answer) => / 200 /.test(answer))).toEqual([]);
    expect(world.calls).toEqual([]);
  });

  test('with more connections than there are places keeps nobody from the unix socket', async () => {
    const sockets = Array.from({ length: 300 }, () =>
      connect(world.port, '127.0.0.1')
        .on('error', () => undefined)
        .resume(),
    );
    await Promise.all(sockets.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])));
    expect(await world.server.client.call('status')).toEqual(sampleStatus);
    // And they are cut, so that there is room again.
    await Promise.all(sockets.map((socket) => (socket.destroyed ? undefined : once(socket, 'close'))));
    expect((await ask(world.url, '/api/v1/status', { headers: bearer('viewer') })).status).toBe(200);
  });

  test('sends more than a body may be', async () => {
    const answer = await ask(world.url, '/api/v1/jobs', {
      method: 'POST',
      headers: bearer('user'),
      body: JSON.stringify({ type: 'x'.repeat(5_000_000) }),
    }).catch((error: Error) => error);
    if (!(answer instanceof Error)) expect(answer).toMatchObject({ status: 400, body: { code: 'bad-request' } });
  });
});
