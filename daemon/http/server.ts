/** Binds the route table to an ApiService on a unix socket in a 0700 folder: who may open the folder may use the daemon, nobody else. */
import { chmodSync, rmSync } from 'node:fs';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { problemOf } from '../../src/api/problem.ts';
import type { RouteName, RouteTypes } from '../../src/api/requests.ts';
import { type Route, routes } from '../../src/api/routes.ts';
import { schemas } from '../../src/api/schemas.ts';
import { SupervmError } from '../../src/model/errors.ts';
import type { Clock } from '../clock.ts';
import type { Startable } from '../startable.ts';
import type { ApiService, Call, EventRoute } from './api-service.ts';
import { parseParts } from './parse-parts.ts';
import { streamAnswer, streamEvents } from './streams.ts';

export interface ServerOptions {
  /** At most 107 bytes; its folder must exist and be private. */
  readonly socketPath: string;
}

export interface ServerNeeds {
  readonly api: ApiService;
  readonly clock: Clock;
  /** Told of every defect (never of a caller's mistake). */
  logDefect(error: unknown, route: string): void;
}

const bodyLimit = 4 * 1024 * 1024;

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
    this.#app.removeContentTypeParser('text/plain');
    this.#app.setErrorHandler((error, request, reply) => this.#problem(asSupervmError(error), request, reply));
    this.#app.setNotFoundHandler((request, reply) => this.#problem(unknownRoute(request), request, reply));
    for (const name of Object.keys(routes) as RouteName[]) this.#bind(name, routes[name]);
  }

  /** Replaces a socket that a dead daemon left: the folder's lock is ours by now. */
  async start(): Promise<void> {
    const { socketPath } = this.#options;
    rmSync(socketPath, { force: true });
    await this.#app.listen({ path: socketPath });
    chmodSync(socketPath, 0o600);
  }

  /** Ends the streams and waits for answers under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#app.close();
    rmSync(this.#options.socketPath, { force: true });
  }

  #bind(name: RouteName, route: Route): void {
    this.#app.route({
      method: route.method,
      url: route.path,
      handler: (request, reply) => this.#serve(name, route, request, reply),
    });
  }

  async #serve<K extends RouteName>(name: K, route: Route, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const parts = parseParts<K>(schemas[name], request);
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.#stopping.signal]);
    const call = { ...parts, signal, progress: () => undefined } as unknown as Call<K>;
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
    const problem = this.#explain(error, `${request.method} ${request.url}`);
    return reply.status(problem.status).send(problem);
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
