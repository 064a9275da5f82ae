/**
 * HTTP over TCP beside the unix socket: the same routes behind a gate. A server of its own, with limits of its own: whatever is done to it,
 * the unix socket answers. Half-open connections, slow senders and slow readers are cut.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { SupervmError } from '../../src/model/errors.ts';
import type { Startable } from '../startable.ts';
import type { Admission } from './admission.ts';
import type { Caller } from './caller.ts';
import type { ListenAddress } from './listen-address.ts';
import type { Clock } from './needs.ts';
import { assertSameOrigin } from './same-origin.ts';
import { sessionCookie } from './session-cookie.ts';
import type { TlsFiles } from './tls-files.ts';

export interface TcpListenerOptions {
  readonly listen: ListenAddress;
  readonly tls: TlsFiles | undefined;
  /** Milliseconds until headers, or a whole request, must be here; shorter in tests. */
  readonly patience?: { readonly headersMs: number; readonly requestMs: number };
}

export interface TcpListenerNeeds {
  readonly admission: Pick<Admission, 'admit'>;
  readonly clock: Pick<Clock, 'every'>;
}

/** What stands behind the gate. */
export interface Inside {
  /** The routes, for a request that was let in. */
  serve(caller: Caller, request: IncomingMessage, response: ServerResponse): void;
  /** Answers with the problem. */
  refuse(error: unknown, request: IncomingMessage, response: ServerResponse): void;
}

/** Nothing of ours may be shown inside another page, guessed to be of another type, kept by a cache or told where a click came from. */
const protections: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const mostConnections = 128;
const patience = { headersMs: 10_000, requestMs: 60_000 };
/** A stream may last for days: what is revoked meanwhile ends it within this time. */
const recheckMs = 1_000;
/** How long somebody may leave what was sent to them unread; up to twice that, because Node looks for progress since its last look. */
const unreadMs = 30_000;

export class TcpListener implements Startable {
  readonly #options: TcpListenerOptions;
  readonly #needs: TcpListenerNeeds;
  readonly #server: Server;
  #inside: Inside | undefined;
  #url: string | undefined;

  constructor(options: TcpListenerOptions, needs: TcpListenerNeeds) {
    this.#options = options;
    this.#needs = needs;
    const { headersMs, requestMs } = options.patience ?? patience;
    const limits: ServerOptions = {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: Math.ceil(headersMs / 2),
      keepAliveTimeout: 5_000,
      maxHeaderSize: 16 * 1024,
    };
    const listener: RequestListener = (request, response) => void this.#take(request, response);
    const { tls } = options;
    this.#server =
      tls === undefined ? createServer(limits, listener) : createTlsServer({ ...limits, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: headersMs }, listener);
    this.#server.maxConnections = mostConnections;
    this.#server.maxHeadersCount = 100;
    this.#server.timeout = unreadMs;
    this.#server.on('timeout', cutIfUnread);
  }

  /** Before `start`. */
  open(inside: Inside): void {
    this.#inside = inside;
  }

  /** Where it answers; undefined until it was started. */
  get url(): string | undefined {
    return this.#url;
  }

  /** Throws `bad-setting` when the address cannot be listened on. */
  async start(): Promise<void> {
    const { address, ports } = this.#options.listen;
    for (const [index, port] of ports.entries()) {
      try {
        await listen(this.#server, address, port);
        break;
      } catch (cause) {
        if (codeOf(cause) === 'EADDRINUSE' && index < ports.length - 1) continue;
        throw cannotListen(address, port, cause);
      }
    }
    const { port } = this.#server.address() as AddressInfo;
    const host = address.includes(':') ? `[${address}]` : address;
    this.#url = `${this.#scheme}://${host}:${port}`;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  get #scheme(): 'http' | 'https' {
    return this.#options.tls === undefined ? 'http' : 'https';
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const inside = this.#inside;
    if (inside === undefined) throw new Error('the listener was started before it was opened');
    for (const [name, value] of Object.entries(protections)) response.setHeader(name, value);
    try {
      assertSameOrigin(request, { scheme: this.#scheme, names: this.#options.listen.names });
      const cookie = sessionCookie({ secure: this.#scheme === 'https', port: request.socket.localPort ?? 0 });
      const { caller, cookie: renewed, stillCounts } = await this.#needs.admission.admit(request, cookie.name);
      if (renewed !== undefined) response.setHeader('set-cookie', cookie.text(renewed));
      const watch = this.#needs.clock.every(recheckMs, () => {
        if (!stillCounts()) request.socket.destroy();
      });
      response.once('close', () => watch.cancel());
      inside.serve(caller, request, response);
    } catch (error) {
      // What such a caller still sends is not read.
      response.setHeader('connection', 'close');
      inside.refuse(error, request, response);
    }
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ipv6Only: false }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Called after so long without a byte either way: an answer may take that long, a reader may not. */
function cutIfUnread(socket: Socket): void {
  if (socket.writableLength > 0) socket.destroy();
}

function cannotListen(address: string, port: number, cause: unknown): SupervmError {
  const code = codeOf(cause);
  const why =
    code === 'EADDRINUSE'
      ? 'another program uses that port'
      : code === 'EADDRNOTAVAIL'
        ? 'this machine has no such address'
        : code === 'EACCES'
          ? 'the system does not permit it'
          : code;
  return new SupervmError(
    'bad-setting',
    `HTTP cannot listen on ${address} port ${port}: ${why}.`,
    'Choose another with --http-port or --http-bind, or do without: --no-http',
    { cause },
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
