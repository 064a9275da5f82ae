/** Laws of what a newer peer may say, for every protocol of the daemon that is exported whole. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { blobProtocol } from '../../../daemon/blobs/protocol.ts';
import { electionProtocol } from '../../../daemon/election/protocol.ts';
import { membershipProtocol } from '../../../daemon/membership/protocol.ts';
import { recordsProtocol } from '../../../daemon/records/protocol.ts';
import { upkeepProtocol } from '../../../daemon/upkeep/protocol.ts';
import { decodeBody, encodeBody } from '../../../daemon/wire/codec.ts';
import { coordinationProtocol } from '../../../daemon/wire/coordination-protocol.ts';
import type { Schema } from '../../../daemon/wire/messenger.ts';
import { readBody } from '../../../daemon/wire/read-body.ts';
import { workProtocol } from '../../../daemon/wire/work-protocol.ts';
import { factsOf } from '../../support/small-cluster.ts';

const term = { number: 3, node: 'n1' };
const digest = 'a'.repeat(64);
const attempt = { term, job: digest, generation: 1, step: 'render', index: 4, attempt: 1, node: 'n2' };
const voters = { number: 1, term, voters: [{ node: 'n1', store: 's' }] };
const record = { facts: { ...factsOf('n1'), revision: 2 }, left: false, sees: ['n2'], watchers: [] };

const samples: readonly (readonly [name: string, schema: Schema<unknown>, body: object])[] = [
  ['a heartbeat', membershipProtocol.message, { type: 'beat', intervalMs: 250, term }],
  ['news of members', membershipProtocol.message, { type: 'news', records: [record, record] }],
  ['a term', electionProtocol.message, { type: 'term', term }],
  ['an ask of a voter', electionProtocol.request, { type: 'ask', term, voters }],
  ['a refusal of a voter', electionProtocol.reply, { type: 'refused', reason: 'lower', term, voters }],
  ['heads of logs', recordsProtocol.message, { host: 'h', whole: true, heads: [{ origin: 'n1/s', sequence: 3, digest }] }],
  ['a pull of records', recordsProtocol.request, { type: 'pull', after: [{ origin: 'n1/s', sequence: 0 }] }],
  ['a stop', workProtocol.message, { type: 'stop', term, attempts: [attempt] }],
  ['an assignment', workProtocol.request, { type: 'assign', term, batch: 1, attempts: [{ attempt, holders: ['n1'] }] }],
  ['an answer of a worker', workProtocol.reply, { type: 'assigned', refused: [{ attempt, reason: 'paused' }] }],
  ['a report', coordinationProtocol.message, { type: 'report', holdings: { incarnation: 1, attempts: [] } }],
  ['a reason', coordinationProtocol.reply, { type: 'why', reasons: [{ code: 'all-busy', tasks: 1, step: 's', nodes: [{ node: 'n1', reason: 'busy' }] }] }],
  ['a question for bytes', blobProtocol.request, { type: 'read', digest, offset: 0, length: 9 }],
  ['a piece', blobProtocol.reply, { type: 'piece', bytes: Uint8Array.of(1, 2) }],
  ['copies', upkeepProtocol.reply, { type: 'copies', known: true, jobs: [{ job: digest, inputs: ['h'] }] }],
];

const travelled = (body: unknown): unknown => decodeBody(encodeBody(body));

type Path = readonly (string | number)[];
interface Place {
  readonly path: Path;
  readonly value: unknown;
}

/** All objects and what they hold, the outermost first. Not the labels of an inventory: whatever name stands there is known. */
function places(value: unknown, path: Path = []): readonly Place[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || path.at(-1) === 'labels') return [{ path, value }];
  return [{ path, value }, ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...path, Array.isArray(value) ? Number(key) : key]))];
}

/** A copy with another value at `path`. */
function withValue(body: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(body)) return body.map((inner, index) => (index === key ? withValue(inner, rest, value) : inner));
  const object = body as Record<string, unknown>;
  return { ...object, [key]: withValue(object[key], rest, value) };
}

const isOpen = ({ path, value }: Place): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array) && path.at(-1) !== 'labels';
/** Never a name that any schema knows. */
const newMember = fc.string({ minLength: 1, maxLength: 8 }).map((name) => `new ${name}`);

describe.each(samples)('%s', (_, schema, body) => {
  test('is read as it is', () => {
    expect(readBody(schema, travelled(body))).toEqual({ kind: 'known', body });
  });

  test('loses what a newer version added anywhere, and nothing else', () => {
    const open = places(body).filter(isOpen);
    const additions = fc.array(fc.tuple(fc.constantFrom(...open), newMember, fc.jsonValue()), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(additions, (added) => {
        const newer = added.reduce((grown: unknown, [{ path }, name, value]) => withValue(grown, [...path, name], value), body);
        const reading = readBody(schema, travelled(newer));
        expect(reading).toMatchObject({ kind: 'known', dropped: expect.stringContaining('new ') });
        expect(reading.kind === 'known' ? reading.body : undefined).toEqual(body);
      }),
      { numRuns: 50 },
    );
  });

  test('of an unknown type is unknown, whatever is in it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), newMember, (rest, type) => {
        expect(readBody(schema, travelled({ ...rest, type }))).toEqual({ kind: 'unknown', word: type });
      }),
      { numRuns: 50 },
    );
  });

  test('with anything else of another kind where it must be is refused', () => {
    const whole = places(body).filter(({ path, value }) => path.length > 0 && path[0] !== 'bytes' && !(typeof value === 'object' && path.at(-1) === 'labels'));
    // A list, a truth where a word or number must be: no version says that.
    const wrong = ({ value }: Place): unknown => (typeof value === 'boolean' || typeof value === 'object' ? 7 : { not: 'this' });
    fc.assert(
      fc.property(fc.constantFrom(...whole), fc.boolean(), (place, alsoNewer) => {
        const broken = withValue(body, place.path, wrong(place));
        expect(() => readBody(schema, travelled(alsoNewer ? { ...(broken as object), 'new one': 1 } : broken))).toThrow(z.ZodError);
      }),
      { numRuns: 50 },
    );
  });
});

test('a word that only another version has in a list makes the body unknown, but not when something else is wrong', () => {
  const refused = (reason: unknown, more: object = {}) => travelled({ type: 'refused', reason, ...more });
  expect(readBody(electionProtocol.reply, refused('asleep'))).toEqual({ kind: 'unknown', word: 'reason asleep' });
  expect(readBody(electionProtocol.reply, refused('asleep', { mood: 1 }))).toEqual({ kind: 'unknown', word: 'reason asleep' });
  expect(() => readBody(electionProtocol.reply, refused('asleep', { term: 7 }))).toThrow(z.ZodError);
  expect(() => readBody(electionProtocol.reply, refused(7))).toThrow(z.ZodError);
});

test('what is no object, has no type or a type that is no word is refused', () => {
  for (const body of [7, null, 'beat', [], {}, { type: 7 }, { type: ['beat'] }, undefined]) {
    expect(() => readBody(membershipProtocol.message, travelled(body)), JSON.stringify(body)).toThrow(z.ZodError);
  }
});

test('words are cut for logs', () => {
  expect(readBody(membershipProtocol.message, { type: 'x'.repeat(5000) })).toEqual({ kind: 'unknown', word: 'x'.repeat(64) });
});
