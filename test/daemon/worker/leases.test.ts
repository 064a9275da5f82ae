import { beforeEach, describe, expect, test } from 'vitest';
import { type HeldTask, HeldTasks, newTask } from '../../../daemon/worker/attempts.ts';
import { Leases } from '../../../daemon/worker/leases.ts';
import type { Leadership, Messenger } from '../../../daemon/worker/needs.ts';
import { inventoryOf, requirementsOf } from '../../support/inventories.ts';
import { attemptOf, firstTerm, recordOf } from '../../support/jobs.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const leaseMs = 8_000;

describe('a once-only attempt', () => {
  let clock: VirtualClock;
  let held: HeldTasks;
  let task: HeldTask;
  let leases: Leases;
  let ended: HeldTask[];
  let renewedTo: number[];
  let requests: number;
  /** How the coordinator answers. */
  let answer: () => Promise<unknown>;

  const renewed = async (afterMs = 0): Promise<unknown> => {
    await new Promise<void>((resolve) => clock.after(afterMs, resolve));
    return { type: 'renewed', attempts: [task.attempt] };
  };
  const mayStart = (): boolean => held.startable(inventoryOf({ cores: 4 })).length > 0;

  beforeEach(() => {
    clock = new VirtualClock();
    held = new HeldTasks();
    ended = [];
    renewedTo = [];
    requests = 0;
    answer = () => renewed();
    const messenger = {
      request: () => {
        requests += 1;
        return answer();
      },
    } as unknown as Messenger;
    leases = new Leases({
      held,
      messenger,
      clock,
      leadership: { current: () => firstTerm } as Leadership,
      holdings: () => ({ incarnation: 1, attempts: held.holdings() }),
      onRenewed: () => {},
      onEnded: (one) => {
        ended.push(one);
        one.dropped.abort();
        held.remove(one);
      },
    });
    task = newTask({ attempt: attemptOf('job', 0), record: recordOf(), requirements: requirementsOf(), holders: [] });
    task.lease = { ms: leaseMs, until: clock.now() + leaseMs, isGranted: false };
    held.add(task);
  });

  test('may start only once its lease is granted', async () => {
    expect(mayStart()).toBe(false);
    leases.look();
    await clock.advance(1);
    expect(mayStart()).toBe(true);
  });

  test('has its lease from the sending of the renewal, however late the answer comes', async () => {
    answer = () => renewed(3_000);
    const sentAt = clock.now();
    leases.look();
    await clock.advance(3_001);
    expect(task.lease?.until).toBe(sentAt + leaseMs);
  });

  test('is renewed again and again, and its session told', async () => {
    task.running = { result: new Promise(() => {}), abort: () => {}, renew: (until) => renewedTo.push(until) };
    leases.look();
    await clock.advance(20_000);
    expect(ended).toEqual([]);
    expect(renewedTo.at(-1)).toBeGreaterThan(clock.now() + leaseMs / 2);
  });

  test('ends when nobody renews it any more, at the end of the last lease', async () => {
    leases.look();
    await clock.advance(1);
    const until = task.lease?.until ?? 0;
    answer = () => Promise.reject(new Error('unreachable'));
    await clock.advance(until - clock.now() - 10);
    expect(ended).toEqual([]);
    await clock.advance(20);
    expect(ended).toEqual([task]);
  });

  test('ends when the coordinator renews others only', async () => {
    leases.look();
    await clock.advance(1);
    answer = async () => ({ type: 'renewed', attempts: [] });
    await clock.advance(leaseMs + 1);
    expect(ended).toEqual([task]);
  });

  test('that was never granted a lease is given up', async () => {
    answer = async () => ({ type: 'later', reason: 'no quorum' });
    leases.look();
    await clock.advance(leaseMs + 1);
    expect(ended).toEqual([task]);
  });

  test('costs no message once none is held', async () => {
    leases.look();
    await clock.advance(1);
    held.remove(task);
    await clock.advance(leaseMs);
    const before = requests;
    await clock.advance(10 * leaseMs);
    expect(requests).toBe(before);
  });
});
