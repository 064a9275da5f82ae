/** An attacker’s servers on 127.0.0.2, which is this machine too: one is later led to the daemon, as a name is that its owner rebinds. */

import { readFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

export interface ReboundOptions {
  /** Of the daemon: a rebound name keeps its port. */
  readonly port: number;
  /** The daemon's address. */
  readonly to: string;
}

const page = '<!doctype html><title>nothing to see</title><body><script src="/attack.js"></script></body>';
const script = readFileSync(join(import.meta.dirname, 'attack-page.js'));

export class Rebound {
  /** Types of the bodies that the naive server took. */
  readonly changes: string[] = [];
  readonly #options: ReboundOptions;
  readonly #evil: HttpServer;
  readonly #naive: HttpServer;
  readonly #front: Server;
  readonly #sockets = new Set<Socket>();
  #led: 'to the attacker' | 'to the daemon' = 'to the attacker';

  private constructor(options: ReboundOptions) {
    this.#options = options;
    this.#evil = createServer((request, response) => {
      const isScript = request.url === '/attack.js';
      response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html', connection: 'close' }).end(isScript ? script : page);
    });
    // What the daemon would be if it asked nothing of a request.
    this.#naive = createServer((request, response) => {
      request.resume();
      if (request.method === 'POST') this.changes.push(request.headers['content-type']?.split(';')[0] ?? '');
      response.writeHead(200, { 'content-type': 'application/json', connection: 'close' }).end('{"ok":true}');
    });
    this.#front = createTcpServer((socket) => this.#take(socket));
  }

  static async start(options: ReboundOptions): Promise<Rebound> {
    const rebound = new Rebound(options);
    await listen(rebound.#front, options.port, '127.0.0.2');
    // On every address: the page is asked for as evil.test, as 127.0.0.1 and as localhost.
    await listen(rebound.#evil, 0, '0.0.0.0');
    await listen(rebound.#naive, 0, '127.0.0.1');
    return rebound;
  }

  /** Where the attacker's page is, on every address. */
  get otherPort(): number {
    return (this.#evil.address() as AddressInfo).port;
  }

  get naivePort(): number {
    return (this.#naive.address() as AddressInfo).port;
  }

  /** From the next connection on. */
  lead(where: 'to the attacker' | 'to the daemon'): void {
    this.#led = where;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of [this.#evil, this.#naive]) server.closeAllConnections();
    await Promise.all([this.#evil, this.#naive, this.#front].map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => this.#sockets.delete(socket));
    if (this.#led === 'to the attacker') {
      this.#evil.emit('connection', socket);
      return;
    }
    const { port, to } = this.#options;
    const daemon = connect(port, to).on('error', () => socket.destroy());
    socket.pipe(daemon).pipe(socket);
    socket.once('close', () => daemon.destroy());
    daemon.once('close', () => socket.destroy());
  }
}

function listen(server: Server | HttpServer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}
