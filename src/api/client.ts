/** The HTTP API over a daemon's unix socket. Knows no schema and no package, so that a command starts quickly. */
import type { IncomingMessage } from 'node:http';
import { errorOf } from './problem.ts';
import type { CallProgress, RouteName, RouteTypes } from './requests.ts';
import { routes } from './routes.ts';
import { eventsOf, gone, isEventStream, readReply, sendRequest } from './send-request.ts';
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
  const send = (name: RouteName, parts: CallParts<RouteName>, accept: string, signal?: AbortSignal): Promise<IncomingMessage> => {
    const { method, path } = routes[name];
    const body = parts.body === undefined ? undefined : JSON.stringify(parts.body);
    return sendRequest(options.socketPath, { method, path: addressOf(path, parts.params, parts.query), accept, body }, signal);
  };
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
