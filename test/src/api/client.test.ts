import { describe, expect, test } from 'vitest';
import { addressOf } from '../../../src/api/client.ts';
import { errorOf, problemOf } from '../../../src/api/problem.ts';
import { routes } from '../../../src/api/routes.ts';
import { schemas } from '../../../src/api/schemas.ts';
import { SupervmError } from '../../../src/model/errors.ts';

test('parameters are put into the path and cannot leave their place', () => {
  expect(addressOf('/jobs/:job/why', { job: 'a/../b?c' })).toBe('/jobs/a%2F..%2Fb%3Fc/why');
  expect(addressOf('/jobs', {}, { phase: 'active', task: undefined })).toBe('/jobs?phase=active');
});

test('an error survives its way over HTTP', () => {
  const error = new SupervmError('output-exists', 'there', 'go away');
  expect(errorOf(JSON.parse(JSON.stringify(problemOf(error))), 409)).toMatchObject({ code: 'output-exists', message: 'there', hint: 'go away' });
});

test('a defect travels without its stack', () => {
  expect(problemOf(new TypeError('x is not a function'))).toMatchObject({ code: 'internal', status: 500, message: 'Unexpected: x is not a function' });
});

test.each([undefined, 'text', {}, { code: 'no-such-code', message: 'x' }, { code: 'usage' }])('the body %j is no problem of ours', (body) => {
  expect(errorOf(body, 502)).toMatchObject({ code: 'internal', message: expect.stringContaining('502') });
});

describe('the route table', () => {
  test('has a schema for each route', () => {
    expect(Object.keys(schemas).toSorted()).toEqual(Object.keys(routes).toSorted());
  });

  test('names no path twice', () => {
    const keys = Object.values(routes).map((route) => `${route.method} ${route.path}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('lets nobody change anything who may only look', () => {
    const ofAnybody = Object.entries(routes).filter(([, route]) => route.method === 'POST' && !/user|admin|owner/.test(route.role));
    expect(ofAnybody.map(([name, route]) => `${name}: ${route.role}`)).toEqual(['openSession: code', 'closeSession: viewer']);
  });
});
