import { expect, test } from 'vitest';
import type { Client } from '../../../src/api/client.ts';
import { patientClient } from '../../../src/api/patient-client.ts';
import { SupervmError } from '../../../src/model/errors.ts';

const refused = (code: string): SupervmError => new SupervmError('no-daemon', 'No daemon runs here.', '', { cause: Object.assign(new Error(code), { code }) });

/** Fails with the errors in turn, then answers; time passes only in pauses. */
function patient(...errors: readonly Error[]) {
  return slow(0, ...errors);
}

/** The first answer takes so long (milliseconds). */
function slow(firstMs: number, ...errors: readonly Error[]) {
  const left = [...errors];
  const asked: string[] = [];
  let time = 0;
  const ask = async (name: string): Promise<never> => {
    asked.push(name);
    if (asked.length === 1) time += firstMs;
    const error = left.shift();
    if (error !== undefined) throw error;
    return `answer to ${name}` as never;
  };
  const client: Client = { call: ask, follow: ask, events: () => Promise.reject(new Error('not asked')) as never };
  const needs = {
    now: () => time,
    pause: async (ms: number) => {
      time += ms;
    },
  };
  return { asked, time: () => time, client: patientClient(client, { withinMs: 10_000 }, needs) };
}

const submission = { type: 'beat', settings: {}, folder: '/' };
const job = { params: { job: 'ab' } };

test('a cancel that a dying daemon did not answer is said again', async () => {
  const { client, asked } = patient(refused('ECONNRESET'), refused('ECONNREFUSED'), refused('ENOENT'));
  expect(await client.call('cancel', job)).toBe('answer to cancel');
  expect(asked).toHaveLength(4);
});

test('where no daemon was running nobody waits for one', async () => {
  const { client, asked } = patient(refused('ENOENT'));
  await expect(client.call('cancel', job)).rejects.toMatchObject({ code: 'no-daemon' });
  expect(asked).toHaveLength(1);
});

test('only a submission under a key is repeated', async () => {
  const keyed = patient(new SupervmError('not-acknowledged', 'one machine only'));
  expect(await keyed.client.follow('submit', { body: { ...submission, key: 'k' } }, () => undefined)).toBe('answer to submit');
  const keyless = patient(new SupervmError('not-acknowledged', 'one machine only'));
  await expect(keyless.client.follow('submit', { body: submission }, () => undefined)).rejects.toMatchObject({ code: 'not-acknowledged' });
});

test.each(['retry', 'invite', 'shutdown'] as const)('%s might do it twice and is not repeated', async (name) => {
  const { client } = patient(refused('ECONNRESET'));
  await expect(client.call(name)).rejects.toMatchObject({ code: 'no-daemon' });
});

test('a refusal for a lasting cause is final', async () => {
  const { client, asked } = patient(new SupervmError('key-reused', 'another job'));
  await expect(client.follow('submit', { body: { ...submission, key: 'k' } }, () => undefined)).rejects.toMatchObject({ code: 'key-reused' });
  expect(asked).toHaveLength(1);
});

test('patience begins with the first failure, however long that was in coming', async () => {
  const { client, asked } = slow(60_000, refused('ECONNRESET'), refused('ECONNREFUSED'));
  expect(await client.call('cancel', job)).toBe('answer to cancel');
  expect(asked).toHaveLength(3);
});

test('patience ends, with the last cause', async () => {
  const { client, asked, time } = patient(...Array.from({ length: 100 }, () => refused('ECONNREFUSED')));
  await expect(client.call('cancel', job)).rejects.toMatchObject({ code: 'no-daemon' });
  expect(time()).toBe(10_000);
  expect(asked.length).toBeGreaterThan(5);
});
