/** The HTTP API over a daemon's unix socket. Knows no schema and no package, so that a command starts quickly. */
import type { IncomingMessage } from 'node:http';
import { SupervmError } from '../model/errors.ts';
import { readEvents, type ServerEvent } from './event-stream.ts';
import { errorOf } from './problem.ts';
import type { CallProgress, RouteName, RouteTypes } from './requests.ts';
import { routes } from './routes.ts';
import type { EventView } from './views.ts';

export interface CallParts<K extends RouteName> {
  readonly params?: RouteTypes[K]['params'];
  readonly query?: RouteTypes[K]['query'];
  readonly body?: RouteTypes[K]['body'];
}

/** Everything rejects with a SupervmError: the daemon's own, or `no-daemon` when it does not answer. */
export interface Client {
  call<K extends RouteName>(name: K, parts?: CallParts<K>, signal?: AbortSignal): Promise<RouteTypes[K]['reply']>;
  /** For routes that tell their progress. */
  follow<K extends RouteName>(
    name: K,
    parts: CallParts<K>,
    onProgress: (progress: CallProgress) => void,
    signal?: AbortSignal,
  ): Promise<RouteTypes[K]['reply']>;
  /** For the event streams; ends when the daemon ends it, rejects with `no-daemon` when it vanishes. */
  events(name: 'events' | 'jobEvents', parts: CallParts<'events'> | CallParts<'jobEvents'>, signal?: AbortSignal): AsyncGenerator<EventView>;
}

export function createClient(options: { readonly socketPath: string }): Client {
  const send = (name: RouteName, parts: CallParts<RouteName>, accept: string, signal?: AbortSignal): Promise<IncomingMessage> =>
    sendRequest(options.socketPath, name, parts, accept, signal);
  return {
    async call(name, parts = {}, signal) {
      const response = await send(name, parts, 'application/json', signal);
      return (await readReply(response)) as RouteTypes[typeof name]['reply'];
    },
    async follow(name, parts, onProgress, signal) {
      const response = await send(name, parts, 'text/event-stream', signal);
      if (!isEventStream(response)) return (await readReply(response)) as RouteTypes[typeof name]['reply'];
      for await (const { event, body } of eventsOf(response)) {
        if (event === 'progress') onProgress(body as CallProgress);
        else if (event === 'problem') throw errorOf(body, 500);
        else if (event === 'result') return body as RouteTypes[typeof name]['reply'];
      }
      throw gone();
    },
    async *events(name, parts, signal) {
      const response = await send(name, parts, 'text/event-stream', signal);
      if (!isEventStream(response)) {
        await readReply(response);
        return;
      }
      for await (const { event, body } of eventsOf(response)) {
        if (event === 'problem') throw errorOf(body, 500);
        if (event === 'event') yield body as EventView;
      }
    },
  };
}

/** `/api/v1/jobs/:job` with the parameters put in and the query behind. */
export function addressOf(path: string, params: { readonly [name: string]: string } = {}, query: { readonly [name: string]: string | undefined } = {}): string {
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const entries = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return entries.length === 0 ? filled : `${filled}?${new URLSearchParams(entries)}`;
}

/** Not by import: an import of node:http reads every name it exports, WebSocket among them, and so loads a whole browser's fetch (40 ms). */
const { request: httpRequest } = process.getBuiltinModule('node:http');

/** A server name means nothing on a unix socket, but without one Node compiles its expression for IPv6 addresses to look at the host (5 ms). */
const onSocket = { servername: '' };

function sendRequest(socketPath: string, name: RouteName, parts: CallParts<RouteName>, accept: string, signal?: AbortSignal): Promise<IncomingMessage> {
  const { method, path } = routes[name];
  const body = parts.body === undefined ? undefined : JSON.stringify(parts.body);
  const ofBody = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const headers = { host: 'localhost', accept, ...ofBody };
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      ...onSocket,
      socketPath,
      method,
      path: addressOf(path, parts.params, parts.query),
      headers,
      ...(signal === undefined ? {} : { signal }),
    });
    request.once('response', resolve);
    request.once('error', (error) => reject(signal?.aborted ? signal.reason : connectionError(error, socketPath)));
    request.end(body);
  });
}

async function readReply(response: IncomingMessage): Promise<unknown> {
  const status = response.statusCode ?? 0;
  let text = '';
  response.setEncoding('utf8');
  try {
    for await (const chunk of response) text += chunk;
  } catch {
    throw gone();
  }
  let body: unknown;
  try {
    body = text === '' ? undefined : JSON.parse(text);
  } catch (error) {
    throw new SupervmError('internal', 'The daemon gave an answer that cannot be read.', 'Is it of another version? Compare: supervm --version', {
      cause: error,
    });
  }
  if (status >= 400) throw errorOf(body, status);
  return body;
}

async function* eventsOf(response: IncomingMessage): AsyncGenerator<ServerEvent> {
  try {
    yield* readEvents(response);
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error;
    throw error instanceof SyntaxError ? error : gone(error);
  }
}

function isEventStream(response: IncomingMessage): boolean {
  return response.headers['content-type']?.startsWith('text/event-stream') ?? false;
}

function gone(cause?: unknown): SupervmError {
  return new SupervmError('no-daemon', 'The daemon went away.', 'Start it again with: supervm up', { cause });
}

function connectionError(error: NodeJS.ErrnoException, socketPath: string): SupervmError {
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return new SupervmError(
      'not-allowed',
      `The daemon's socket ${socketPath} belongs to another user.`,
      'Run the command as the user who started the daemon.',
      { cause: error },
    );
  }
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return gone(error);
  return new SupervmError('no-daemon', 'No daemon runs here.', 'Start it with: supervm up', { cause: error });
}
