/** The one table of who may do what, against the routes as they are served. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RouteName } from '../../../src/api/requests.ts';
import { mayCall, type RouteRole, roles } from '../../../src/api/roles.ts';
import { routes } from '../../../src/api/routes.ts';
import type { PersonRole } from '../../../src/model/cluster-facts.ts';
import { ask, bearer, startTcp, type World } from './tcp-world.ts';

let world: World;
beforeAll(async () => {
  world = await startTcp();
});
afterAll(() => world[Symbol.asyncDispose]());

describe('each route', () => {
  const names = Object.keys(routes) as RouteName[];
  const pathOf = (name: RouteName): string => routes[name].path.replace(/:\w+/g, 'ab');

  test.each(names)('%s is closed to whoever shows nothing, unless a one-time code is what it is for', async (name) => {
    const { method } = routes[name];
    const before = world.calls.length;
    const { status, body } = await ask(world.url, pathOf(name), { method, body: method === 'POST' ? '{"code":"svml_0"}' : undefined });
    // The latter after some of these.
    expect(['401 not-authenticated', '429 too-many-requests']).toContain(`${status} ${body.code}`);
    expect(world.calls.slice(before)).toEqual([]);
  });

  test.each(names.flatMap((name) => roles.map((role) => [name, role] as const)))('%s lets %s do what the table says', async (name, role) => {
    const { method, role: needed } = routes[name];
    const { status, body } = await ask(world.url, pathOf(name), { method, headers: bearer(role), body: method === 'POST' ? '{}' : undefined });
    const refused = status === 403 && body.code === 'not-allowed';
    expect({ name, role, refused }).toEqual({ name, role, refused: !mayCall(needed, { door: 'http', role }) });
  });

  test('says one of the known ranks, and only what opens a session is open', () => {
    const ranks: readonly RouteRole[] = [...roles, 'owner', 'code'];
    expect(names.filter((name) => !ranks.includes(routes[name].role))).toEqual([]);
    expect(names.filter((name) => routes[name].role === 'code')).toEqual(['openSession']);
  });
});

test('ranks contain each other, and the owner’s routes are for the unix socket', () => {
  const may = (needed: RouteRole, role: PersonRole | undefined): boolean => mayCall(needed, { door: 'http', role });
  expect(roles.map((needed) => roles.map((role) => may(needed, role)))).toEqual([
    [true, true, true],
    [false, true, true],
    [false, false, true],
  ]);
  expect([...roles, undefined].map((role) => may('owner', role))).toEqual([false, false, false, false]);
  expect(mayCall('owner', { door: 'socket', role: 'admin' })).toBe(true);
  expect(roles.map((needed) => may(needed, undefined))).toEqual([false, false, false]);
});
