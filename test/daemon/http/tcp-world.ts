/** A server with HTTP over TCP on real sockets, known tokens, and routes that answer whatever is asked. */

import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Admission } from '../../../daemon/http/admission.ts';
import { sessionRoutes } from '../../../daemon/http/session-routes.ts';
import { Sessions } from '../../../daemon/http/sessions.ts';
import { TcpListener } from '../../../daemon/http/tcp-listener.ts';
import { systemClock, systemRandomness } from '../../../daemon/system-clock.ts';
import { roles } from '../../../src/api/roles.ts';
import type { EventView } from '../../../src/api/views.ts';
import type { PersonRole } from '../../../src/model/cluster-facts.ts';
import { type ApiServer, startApiServer } from '../../support/api-server.ts';
import { fakeApi, sampleStatus } from '../../support/fake-api.ts';

export const tokenOf = (role: string): string => `svm_${role.padEnd(32, '0')}`;

export interface World extends AsyncDisposable {
  readonly server: ApiServer;
  readonly url: string;
  readonly port: number;
  /** Tokens that count. */
  readonly tokens: Map<string, PersonRole>;
  /** Calls of routes that came through, with who called. */
  readonly calls: string[];
}

export async function startTcp(): Promise<World> {
  const clock = systemClock();
  const sessions = new Sessions({ clock, randomness: systemRandomness() });
  const known = new Map(roles.map((role) => [tokenOf(role), role]));
  const tokens = {
    authorize: (text: string) => {
      const role = known.get(text);
      return role === undefined ? undefined : { name: role, role };
    },
  };
  // Time stands still for the limits: what was taken does not come back, however slow the machine is.
  const admission = new Admission({ clock: { ...clock, now: () => 0 }, tokens, sessions });
  const listen = { address: '127.0.0.1', ports: [0], tls: undefined, names: [] };
  const patience = { headersMs: 400, requestMs: 800 };
  const listener = new TcpListener({ listen, tls: undefined, patience }, { admission, clock: { every: (_, run) => clock.every(20, run) } });
  const calls: string[] = [];
  const api = new Proxy(fakeApi({ ...sessionRoutes({ sessions, admission }), status: async () => sampleStatus }, { events: untilLeft }), {
    get: (target, name) => {
      if (name in sessionRoutes(undefined) || name === 'streams') return Reflect.get(target, name) as unknown;
      return async (call: { readonly caller: { readonly who: string } }) => {
        calls.push(`${String(name)} by ${call.caller.who}`);
        return name === 'status' ? sampleStatus : {};
      };
    },
  });
  const server = await startApiServer(api, listener);
  const url = listener.url ?? '';
  return { server, tokens: known, url, port: Number(new URL(url).port), calls, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** An endless stream. */
async function untilLeft({ signal }: { readonly signal: AbortSignal }, emit: (event: EventView) => void): Promise<void> {
  emit({ type: 'nodes' });
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: { readonly code?: string; readonly proof?: string };
}

export function ask(
  url: string,
  path: string,
  options: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string | undefined } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = options;
  const type: Record<string, string> = method === 'GET' ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${url}${path}`, { method, headers: { ...type, ...headers }, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        // A stream has been let in; that is all we want to know.
        if (response.headers['content-type'] === 'text/event-stream') sent.destroy();
      });
      const done = (): void =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: text.startsWith('{') ? JSON.parse(text) : {} });
      response.on('end', done);
      response.on('close', done);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export const bearer = (role: string): Record<string, string> => ({ authorization: `Bearer ${tokenOf(role)}` });
