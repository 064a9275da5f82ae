/** What stands behind each route: server.ts binds it, daemon-api.ts implements it, tests of the command line bring their own. */
import type { CallProgress, RouteName, RouteTypes } from '../../src/api/requests.ts';
import type { EventView } from '../../src/api/views.ts';
import type { Caller } from './caller.ts';

export interface Call<K extends RouteName> {
  readonly params: RouteTypes[K]['params'];
  readonly query: RouteTypes[K]['query'];
  readonly body: RouteTypes[K]['body'];
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
  /** Tells a caller that listens; for routes with progress. */
  progress(progress: CallProgress): void;
  readonly caller: Caller;
  /** Keeps a session's token in the caller's browser; an empty one takes it away. */
  keepCookie(token: string): void;
}

export type EventRoute = 'events' | 'jobEvents';

/** Routes that answer once. Throws SupervmError for what the caller should know. */
export type Answers = { readonly [K in Exclude<RouteName, EventRoute>]: (call: Call<K>) => Promise<RouteTypes[K]['reply']> };

export interface ApiService extends Answers {
  /** Streams: `emit` until the call's signal aborts. The first event comes at once where there is something to tell. */
  readonly streams: { readonly [K in EventRoute]: (call: Call<K>, emit: (event: EventView) => void) => Promise<void> };
}
