/** The door of HTTP over TCP: what strangers, programs and pages of others say before any route hears of it. */
import { createServer, type IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { Admission } from '../../../daemon/http/admission.ts';
import { isLoopback, listenAddress } from '../../../daemon/http/listen-address.ts';
import { assertSameOrigin } from '../../../daemon/http/same-origin.ts';
import { sessionCookie } from '../../../daemon/http/session-cookie.ts';
import { Sessions } from '../../../daemon/http/sessions.ts';
import { systemClock, systemRandomness } from '../../../daemon/system-clock.ts';
import type { Decoder } from '../decoder.ts';

const port = 3000;
const token = `svm_${'t'.repeat(32)}`;
const own = { scheme: 'http', names: ['box.local', 'tunnel:8080'] } as const;
const clock = systemClock();
const sessions = new Sessions({ clock, randomness: systemRandomness() });
let minutes = 0;
/** A minute from one question to the next: nobody is refused for asking too often. */
function later(): number {
  minutes += 1;
  return minutes * 60_000;
}
const admission = new Admission({
  clock: { ...clock, now: later },
  tokens: { authorize: (text) => (text === token ? { name: 'ci', role: 'user' } : undefined) },
  sessions,
});
const cookie = sessionCookie({ secure: false, port });
const { cookie: session = '', proof = '' } = (await sessions.open(sessions.makeCode('admin').code)) ?? {};

/** A connection without a kernel behind it. */
class Wire extends Duplex {
  readonly localAddress = '127.0.0.1';
  readonly localPort = port;
  readonly remoteAddress = '127.0.0.1';

  constructor(bytes: Uint8Array) {
    super();
    this.push(bytes);
    this.push(null);
  }

  override _read(): void {}

  override _write(_bytes: unknown, _encoding: unknown, done: () => void): void {
    done();
  }

  setTimeout(): this {
    return this;
  }
}

/** As the listener does with each request. */
async function letIn(request: IncomingMessage): Promise<void> {
  assertSameOrigin(request, own);
  await admission.admit(request, cookie.name);
}

/** Of one connection. */
let judged: Promise<void>[] = [];
const server = createServer({ maxHeaderSize: 16 * 1024 }, (request, response) => {
  judged.push(letIn(request).finally(() => response.end('{}')));
});

function head(line: string, ...headers: readonly string[]): Uint8Array {
  return Buffer.from([line, 'Host: localhost:3000', ...headers, '', ''].join('\r\n'));
}

const json = 'Content-Type: application/json; charset=utf-8';

export const doorDecoders: readonly Decoder[] = [
  {
    kind: 'bytes',
    name: 'http-heads',
    samples: [
      head('GET /api/v1/jobs?phase=active HTTP/1.1', `Authorization: Bearer ${token}`, 'Origin: http://localhost:3000', 'Sec-Fetch-Site: same-origin'),
      head('GET /api/session HTTP/1.1', `Cookie: theme=dark; ${cookie.name}=${session}`),
      Buffer.concat([
        head('POST /api/v1/drain HTTP/1.1', json, `Cookie: ${cookie.name}=${session}`, `x-supervm-session: ${proof}`, 'Content-Length: 2'),
        Buffer.from('{}'),
      ]),
      head('POST /api/session HTTP/1.1', json, 'Content-Length: 0'),
    ],
    async run(bytes) {
      judged = [];
      const wire = new Wire(bytes);
      const closed = new Promise<void>((resolve) => wire.once('close', resolve));
      server.emit('connection', wire);
      await closed;
      const results = await Promise.allSettled(judged);
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
  },
  {
    kind: 'value',
    name: 'same-origins',
    samples: [
      ['GET', '/health', '127.0.0.1', ['Host', 'localhost:3000']],
      ['POST', '/api/v1/jobs', '::1', ['Host', '[::1]:3000', 'Content-Type', 'application/json', 'Origin', 'http://[::1]:3000', 'Sec-Fetch-Site', 'none']],
      ['GET', '/%73vm_x', '::ffff:10.0.0.1', ['Host', 'tunnel:8080', 'Origin', 'null']],
    ],
    run(value) {
      const [method, url, localAddress, rawHeaders] = Array.isArray(value) ? (value as readonly unknown[]) : [];
      const texts = Array.isArray(rawHeaders) ? rawHeaders.filter((text) => typeof text === 'string') : [];
      // As Node gives them: names in lower case, the first of several.
      const pairs = Array.from({ length: Math.floor(texts.length / 2) }, (_, place) => [texts[2 * place]?.toLowerCase(), texts[2 * place + 1]]);
      const socket = { localAddress: String(localAddress), localPort: port };
      assertSameOrigin({ method: String(method), url: String(url), headers: Object.fromEntries(pairs.toReversed()), rawHeaders: texts, socket }, own);
    },
  },
  {
    kind: 'text',
    name: 'listen-addresses',
    samples: ['127.0.0.1', '0.0.0.0', '::1', '::ffff:127.0.0.1', 'fe80::1%eth0'],
    run: (text) => [isLoopback(text), listenAddress({ bind: text, port, tlsCert: undefined, tlsKey: undefined, names: [text], folders: [] })],
  },
];
