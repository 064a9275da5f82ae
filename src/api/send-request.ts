/** One request over a daemon's unix socket, and reading what it answers. */
import type { IncomingMessage } from 'node:http';
import { SupervmError } from '../model/errors.ts';
import { readEvents, type ServerEvent } from './event-stream.ts';
import { errorOf } from './problem.ts';

/** Not by import: an import of node:http reads every name it exports, WebSocket among them, and so loads a whole browser's fetch (40 ms). */
const { request: httpRequest } = process.getBuiltinModule('node:http');

/** A server name means nothing on a unix socket, but without one Node compiles its expression for IPv6 addresses to look at the host (5 ms). */
const onSocket = { servername: '' };

export interface PlainRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly accept: string;
  /** JSON. */
  readonly body: string | undefined;
}

/** Rejects with `no-daemon` when nobody answers, `not-allowed` when the socket is another user's. */
export function sendRequest(socketPath: string, { method, path, accept, body }: PlainRequest, signal?: AbortSignal): Promise<IncomingMessage> {
  const ofBody = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const headers = { host: 'localhost', accept, ...ofBody };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ ...onSocket, socketPath, method, path, headers, ...(signal === undefined ? {} : { signal }) });
    request.once('response', resolve);
    request.once('error', (error) => reject(signal?.aborted ? signal.reason : connectionError(error, socketPath)));
    request.end(body);
  });
}

/** The body of an answer; throws the problem that it is. */
export async function readReply(response: IncomingMessage): Promise<unknown> {
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

export async function* eventsOf(response: IncomingMessage): AsyncGenerator<ServerEvent> {
  try {
    yield* readEvents(response);
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error;
    throw error instanceof SyntaxError ? error : gone(error);
  }
}

export function isEventStream(response: IncomingMessage): boolean {
  return response.headers['content-type']?.startsWith('text/event-stream') ?? false;
}

export function gone(cause?: unknown): SupervmError {
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
