/** Params, query and body of a request by the route's schemas. */
import type { FastifyRequest } from 'fastify';
import type * as z from 'zod';
import type { RouteName, RouteTypes } from '../../src/api/requests.ts';
import { SupervmError } from '../../src/model/errors.ts';

type Parts<K extends RouteName> = Pick<RouteTypes[K], 'params' | 'query' | 'body'>;

/** Throws `bad-request` naming every field and what is wrong with it. */
export function parseParts<K extends RouteName>(schema: { readonly [part in 'params' | 'query' | 'body']: z.ZodType }, request: FastifyRequest): Parts<K> {
  const faults: string[] = [];
  const parse = (part: 'params' | 'query' | 'body', value: unknown): unknown => {
    const parsed = schema[part].safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues)
      faults.push(`${[part === 'body' ? '' : part, ...issue.path].filter((piece) => piece !== '').join('.') || 'body'}: ${issue.message}`);
    return undefined;
  };
  const parts = { params: parse('params', request.params), query: parse('query', request.query), body: parse('body', request.body) };
  if (faults.length > 0) throw new SupervmError('bad-request', faults.join('; '));
  return parts as Parts<K>;
}
