import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { GpuGrants, gpuEnvironment } from '../../../daemon/worker/gpu-grants.ts';
import { gpuDevice } from '../../support/gpus.ts';

const devices = [0, 1, 2].map((number) => gpuDevice(`0000:0${number}:00.0`, { environment: { CUDA_VISIBLE_DEVICES: `GPU-${number}` } }));

/** Sessions that hold what they were granted until they are told to end. */
class Sessions {
  readonly idle: (readonly string[])[] = [];
  readonly busy: (readonly string[])[] = [];
  gpusHeld = (): readonly string[] => [...this.idle, ...this.busy].flat();
  endGpuHolder = async (): Promise<boolean> => {
    await Promise.resolve();
    return this.idle.shift() !== undefined;
  };
}

test('a session without GPUs is granted none', async () => {
  const grants = new GpuGrants(new Sessions(), () => devices);
  expect(await grants.forSession(0, async (gpus) => gpus)).toEqual([]);
});

test('whoever rests gives its GPU up for a task, whoever works does not', async () => {
  const sessions = new Sessions();
  const grants = new GpuGrants(sessions, () => devices.slice(0, 2));
  sessions.idle.push(['0000:00:00.0']);
  sessions.busy.push(['0000:01:00.0']);
  expect(await grants.forSession(1, async (gpus) => gpus.map(({ device }) => device))).toEqual(['0000:00:00.0']);
  expect(sessions.idle).toEqual([]);
  await expect(grants.forSession(2, async () => {})).rejects.toMatchObject({
    code: 'cannot-be-placed',
    message: expect.stringContaining('Free on this node: 1'),
  });
});

test('a session that did not open holds none', async () => {
  const grants = new GpuGrants(new Sessions(), () => devices.slice(0, 1));
  await expect(grants.forSession(1, () => Promise.reject(new Error('died')))).rejects.toThrow('died');
  expect(await grants.forSession(1, async (gpus) => gpus.length)).toBe(1);
});

test('whoever asks, and whenever sessions open and end, no device is in two', async () => {
  const wish = fc.record({ count: fc.integer({ min: 1, max: 3 }), end: fc.constantFrom('fails', 'stays', 'rests'), turns: fc.nat(3) });
  await fc.assert(
    fc.asyncProperty(fc.array(wish, { maxLength: 12 }), async (wishes) => {
      const sessions = new Sessions();
      const grants = new GpuGrants(sessions, () => devices);
      const opening = new Set<readonly string[]>();
      const ask = ({ count, end, turns }: (typeof wishes)[number]): Promise<void> =>
        grants.forSession(count, async (gpus) => {
          const own = gpus.map(({ device }) => device);
          expect(own).toHaveLength(count);
          const all = [...sessions.gpusHeld(), ...[...opening].flat(), ...own];
          expect(new Set(all).size).toBe(all.length);
          opening.add(own);
          for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
          opening.delete(own);
          if (end === 'fails') throw new Error('it did not open');
          (end === 'stays' ? sessions.busy : sessions.idle).push(own);
        });
      const told = await Promise.allSettled(wishes.map(ask));
      for (const one of told) if (one.status === 'rejected') expect(String(one.reason)).toMatch(/did not open|needs GPUs/);
    }),
  );
});

test('several GPUs are named to the driver in one word', () => {
  expect(gpuEnvironment(devices.slice(0, 2))).toEqual({ CUDA_VISIBLE_DEVICES: 'GPU-0,GPU-1' });
  expect(gpuEnvironment([])).toEqual({});
});
