/**
 * Binds the route table to an ApiService, on a unix socket in a 0700 folder (who may open the folder may do everything) and, behind a gate,
 * over TCP. A request of which nobody has said who sent it is refused, whatever door it came through.
 */
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { problemOf } from '../../src/api/problem.ts';
import type { RouteName, RouteTypes } from '../../src/api/requests.ts';
import { mayCall, type RouteRole } from '../../src/api/roles.ts';
import { type Route, routes } from '../../src/api/routes.ts';
import { schemas } from '../../src/api/schemas.ts';
import type { AuditLine } from '../../src/model/cluster-facts.ts';
import { SupervmError } from '../../src/model/errors.ts';
import type { Clock } from '../clock.ts';
import type { Startable } from '../startable.ts';
import type { ApiService, Call, EventRoute } from './api-service.ts';
import { type Caller, owner, roleOf } from './caller.ts';
import { parseParts } from './parse-parts.ts';
import { sessionCookie } from './session-cookie.ts';
import { streamAnswer, streamEvents } from './streams.ts';
import type { TcpListener } from './tcp-listener.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly role?: RouteRole;
  }
}

export interface ServerOptions {
  /** At most 107 bytes; its folder must exist and be private. */
  readonly socketPath: string;
  /** Is written with the address of HTTP over TCP while that is served. */
  readonly addressFile: string;
}

export interface ServerNeeds {
  readonly api: ApiService;
  readonly clock: Clock;
  /** Undefined: the unix socket alone. */
  readonly tcp: TcpListener | undefined;
  /** Writes down who was turned away. */
  audit(line: AuditLine): void;
  /** Told of every defect (never of a caller's mistake). */
  logDefect(error: unknown, route: string): void;
}

const bodyLimit = 4 * 1024 * 1024;
/** Of those who have shown nothing yet: a code is short. */
const strangersBodyLimit = 1024;

/** zod checks what routes take (src/api/schemas.ts). Told that there is nothing to compile, fastify does not load two compilers of JSON schemas. */
const neverCompiled = (): never => {
  throw new Error('routes have no JSON schemas');
};
const schemaController = { compilersFactory: { buildValidator: neverCompiled, buildSerializer: neverCompiled } };

export class HttpServer implements Startable {
  readonly #options: ServerOptions;
  readonly #needs: ServerNeeds;
  readonly #app: FastifyInstance;
  readonly #stopping = new AbortController();
  /** Who sent a request: told by the door that it came through, before any route sees it. */
  readonly #callers = new WeakMap<IncomingMessage, Caller>();

  constructor(options: ServerOptions, needs: ServerNeeds) {
    this.#options = options;
    this.#needs = needs;
    this.#app = fastify({
      bodyLimit,
      schemaController,
      forceCloseConnections: true,
      exposeHeadRoutes: false,
      routerOptions: { maxParamLength: 512 },
    });
    const parse = this.#app.getDefaultJsonParser('error', 'error');
    this.#app.removeAllContentTypeParsers();
    // Scripts say the type of every body, also of one that is not there.
    this.#app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) =>
      body === '' ? done(null, undefined) : parse(request, String(body), done),
    );
    this.#app.server.prependListener('request', (request) => this.#callers.set(request, owner));
    needs.tcp?.open({
      serve: (caller, request, response) => {
        this.#callers.set(request, caller);
        this.#app.routing(request, response);
      },
      refuse: (error, request, response) => this.#refuse(error, request, response),
    });
    this.#app.addHook('onRequest', async (request) => this.#assertMay(request));
    this.#app.setErrorHandler((error, request, reply) => this.#problem(asSupervmError(error), request, reply));
    this.#app.setNotFoundHandler((request, reply) => this.#problem(unknownRoute(request), request, reply));
    for (const name of Object.keys(routes) as RouteName[]) this.#bind(name, routes[name]);
  }

  /** Replaces a socket that a dead daemon left: the folder's lock is ours by now. */
  async start(): Promise<void> {
    const { socketPath, addressFile } = this.#options;
    const { tcp } = this.#needs;
    const fresh = join(dirname(socketPath), 'supervm.new');
    rmSync(fresh, { force: true });
    await this.#app.listen({ path: fresh });
    chmodSync(fresh, 0o600);
    // In one step: whoever finds no socket at all takes it that no daemon is to be expected here.
    renameSync(fresh, socketPath);
    rmSync(addressFile, { force: true });
    if (tcp === undefined) return;
    try {
      await tcp.start();
      writeFileSync(addressFile, `${tcp.url}\n`, { mode: 0o600 });
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Ends the streams and waits for answers under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const { socketPath, addressFile } = this.#options;
    await Promise.all([this.#app.close(), this.#needs.tcp?.stop()]);
    for (const file of [socketPath, addressFile]) rmSync(file, { force: true });
  }

  #bind(name: RouteName, route: Route): void {
    this.#app.route({
      method: route.method,
      url: route.path,
      config: { role: route.role },
      ...(route.role === 'code' ? { bodyLimit: strangersBodyLimit } : {}),
      handler: (request, reply) => this.#serve(name, route, request, reply),
    });
  }

  /** Throws `not-authenticated` or `not-allowed`. Runs before a body is read, and for paths that are not there. */
  #assertMay(request: FastifyRequest): void {
    const caller = this.#callers.get(request.raw);
    if (caller === undefined) throw new SupervmError('not-authenticated', 'Nobody knows who sent this request.');
    const { role } = request.routeOptions.config;
    // What is not there may be asked for by everybody who was let in; what is there and says nothing, by nobody.
    if (role === undefined ? request.is404 : mayCall(role, caller)) return;
    this.#needs.audit({
      who: caller.who,
      door: caller.door,
      action: 'call-refused',
      subject: `${request.method} ${request.routeOptions.url}`,
      outcome: 'refused',
      ...roleOf(caller),
    });
    const hint =
      role === 'owner' ? 'It is for the owner of the daemon, on its machine alone.' : `A token with the role ${role} may: supervm token create --role ${role}`;
    throw new SupervmError('not-allowed', `${request.method} ${request.routeOptions.url} needs the role ${role}; yours is ${caller.role}.`, hint);
  }

  async #serve<K extends RouteName>(name: K, route: Route, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const parts = parseParts<K>(schemas[name], request);
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.#stopping.signal]);
    const caller = this.#callers.get(request.raw);
    const keepCookie = (token: string): void => {
      const secure = 'encrypted' in request.raw.socket;
      void reply.header('set-cookie', sessionCookie({ secure, port: request.raw.socket.localPort ?? 0 }).text(token));
    };
    const call = { ...parts, signal, progress: () => undefined, caller, keepCookie } as unknown as Call<K>;
    if (route.stream === 'events') {
      const stream = this.#needs.api.streams[name as EventRoute] as (call: Call<K>, emit: (event: unknown) => void) => Promise<void>;
      return streamEvents(
        this.#needs.clock,
        reply,
        signal,
        (emit) => stream(call, emit),
        (error) => this.#explain(error, name),
      );
    }
    const answer = this.#needs.api[name as Exclude<K, EventRoute>] as unknown as (call: Call<K>) => Promise<RouteTypes[K]['reply']>;
    if (route.stream === 'progress' && request.headers.accept === 'text/event-stream') {
      return streamAnswer(
        this.#needs.clock,
        reply,
        signal,
        (progress) => answer({ ...call, progress }),
        (error) => this.#explain(error, name),
      );
    }
    const body = await answer(call);
    return reply.status(route.status ?? 200).send(body);
  }

  #explain(error: unknown, route: string): ReturnType<typeof problemOf> {
    const problem = problemOf(error);
    if (problem.code === 'internal') this.#needs.logDefect(error, route);
    return problem;
  }

  #problem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const problem = this.#explain(error, `${request.method} ${request.routeOptions.url ?? 'a path that is not there'}`);
    return reply.status(problem.status).send(problem);
  }

  /** Before the routes: for whoever was not let in. */
  #refuse(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    const { status, ...problem } = this.#explain(error, `${request.method} over TCP`);
    if (status === 401 || status === 403) {
      const who = request.socket.remoteAddress ?? 'unknown';
      this.#needs.audit({ who, door: 'http', action: 'authentication-refused', subject: '', outcome: 'refused', detail: problem.code });
    }
    const extra = status === 401 ? { 'www-authenticate': 'Bearer' } : status === 429 ? { 'retry-after': '1' } : {};
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...extra });
    response.end(JSON.stringify({ ...problem, status }));
  }
}

function unknownRoute(request: FastifyRequest): SupervmError {
  const path = request.url.split('?')[0] ?? '';
  const methods = Object.values(routes)
    .filter((route) => new RegExp(`^${route.path.replace(/:\w+/g, '[^/]+')}$`).test(path))
    .map((route) => route.method);
  if (methods.length > 0) return new SupervmError('wrong-method', `${path} does not take ${request.method}.`, `It takes ${methods.join(' and ')}.`);
  return new SupervmError('route-not-found', `There is nothing at ${path}.`, 'See the routes in README.md, "The HTTP API".');
}

/** fastify's own refusals (a body that is no JSON, too large, of another type) become ours. */
function asSupervmError(error: unknown): unknown {
  if (error instanceof SupervmError || !(error instanceof Error)) return error;
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (typeof status !== 'number' || status < 400 || status >= 500) return error;
  return new SupervmError('bad-request', `The request cannot be read: ${error.message}`, 'Bodies are JSON with content-type application/json.', {
    cause: error,
  });
}
