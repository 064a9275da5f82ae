import { describe, expect, test } from 'vitest';
import { audited } from '../../../daemon/http/audited-calls.ts';
import { routes } from '../../../src/api/routes.ts';
import { SupervmError } from '../../../src/model/errors.ts';
import { ApiWorld } from './api-world.ts';

const ci = { who: 'token:ci', door: 'http', role: 'admin' } as const;

describe('tokens over the API', () => {
  test('are told whole once, and then by their last characters', async () => {
    const world = new ApiWorld();
    const { token, view, copies } = await world.call('createToken', { body: { role: 'viewer', name: 'phone', seconds: 60 }, caller: ci });
    expect(token).toMatch(/^svm_/);
    expect(copies.length).toBeGreaterThan(0);
    expect(view).toMatchObject({ name: 'phone', role: 'viewer', state: 'good', by: 'token:ci', ending: token.slice(-4) });
    const listed = await world.call('tokens');
    expect(listed).toEqual([view]);
    expect(JSON.stringify([listed, world.audited])).not.toContain(token.slice(4, 20));
    world.membership.change('c', {}, 'unreachable');
    const receipt = await world.call('revokeToken', { params: { token: 'phone' } });
    expect(receipt.revoked.map(({ id, state }) => [id, state])).toEqual([[view.id, 'revoked']]);
    expect(receipt.notReached).toEqual(['c']);
  });
});

describe('secrets over the API', () => {
  test('are set and listed by name, and nobody gets a value back', async () => {
    const world = new ApiWorld();
    await world.call('setSecret', { params: { secret: 'API_KEY' }, body: { value: 'hunter2' } });
    const listed = await world.call('secrets');
    expect(listed).toMatchObject([{ name: 'API_KEY', by: 'owner' }]);
    expect(JSON.stringify([listed, world.audited])).not.toContain('hunter2');
    await world.call('removeSecret', { params: { secret: 'API_KEY' } });
    expect(await world.call('secrets')).toEqual([]);
  });
});

describe('the audit', () => {
  test('has a line for every change that a call makes or fails to make, and none for looking', async () => {
    const world = new ApiWorld();
    await world.call('createToken', { body: { name: 'phone' }, caller: ci });
    await world.call('tokens');
    await world.call('status');
    await expect(world.call('cancel', { params: { job: 'ffff' } })).rejects.toThrow(SupervmError);
    await world.call('pauseNode', { params: { node: 'b' } });
    expect(world.audited.map(({ who, door, action, subject, outcome }) => [who, door, action, subject, outcome])).toEqual([
      ['token:ci', 'http', 'token-created', 'phone', 'done'],
      ['owner', 'socket', 'job-cancelled', 'ffff', 'failed'],
      ['owner', 'socket', 'node-paused', 'b', 'done'],
    ]);
    expect(world.audited[1]?.detail).toBe('job-not-found');
  });

  test('says with which role a caller over HTTP came, and nothing of a session that was not there to be closed', async () => {
    const world = new ApiWorld();
    const user = { who: 'token:phone', door: 'http', role: 'user' } as const;
    expect(await world.call('closeSession', { caller: user })).toEqual({ closed: false });
    expect(world.audited).toEqual([]);
    await expect(world.call('pause', { params: { job: 'ffff' }, caller: user })).rejects.toThrow(SupervmError);
    await world.call('pauseNode', { params: { node: 'b' }, caller: ci });
    await world.call('unpauseNode', { params: { node: 'b' } });
    expect(world.audited.map(({ action, role }) => [action, role])).toEqual([
      ['job-paused', 'user'],
      ['node-paused', 'admin'],
      ['node-unpaused', undefined],
    ]);
  });

  test('leaves out no route that changes something', () => {
    // They write their own lines, or change nothing.
    const elsewhere = ['removeNode', 'answerInvite', 'recover', 'rotateSecret'];
    const changing = Object.entries(routes).filter(([, { method }]) => method === 'POST');
    expect(changing.map(([name]) => name).filter((name) => !(name in audited) && !elsewhere.includes(name))).toEqual([]);
  });

  test('is told the newest last, of all machines, since when and of whom one asks', async () => {
    const world = new ApiWorld();
    const line = { type: 'audited', door: 'socket', action: 'job-submitted', subject: '', outcome: 'done' } as const;
    for (const [at, node, who] of [
      [3, 'a', 'owner'],
      [1, 'b', 'owner'],
      [2, 'gone', 'token:ci'],
    ] as const)
      await world.journal.appendCluster({ ...line, at, node, who });
    const all = await world.call('audit');
    expect(all.map(({ at, nodeName }) => [at, nodeName])).toEqual([
      [1, 'b'],
      [2, '…gone'],
      [3, 'a'],
    ]);
    expect((await world.call('audit', { query: { since: '2', who: 'owner' } })).map(({ at }) => at)).toEqual([3]);
    expect((await world.call('audit', { query: { limit: '2' } })).map(({ at }) => at)).toEqual([2, 3]);
  });
});
