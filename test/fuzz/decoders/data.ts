/** Facts, records, trees, rows of a damaged disk; and what a task, a launcher or a file on this disk says. */

import * as fc from 'fast-check';
import { decodeTree, encodeTree } from '../../../daemon/blobs/tree.ts';
import { groupLimits } from '../../../daemon/inventory/cgroup-limits.ts';
import { digestOf } from '../../../daemon/records/canonical.ts';
import { clusterFactSchema } from '../../../daemon/records/cluster-fact-schema.ts';
import { readFact } from '../../../daemon/records/fact-schema.ts';
import { JobBook } from '../../../daemon/records/job-book.ts';
import { recordSchema } from '../../../daemon/records/record-schema.ts';
import { verifiedPrefixes } from '../../../daemon/records/salvage.ts';
import { encodeFrame, FrameReader } from '../../../daemon/worker/launcher/frames.ts';
import { readAnswer } from '../../../daemon/worker/session-answers.ts';
import { readNote } from '../../../daemon/worker/session-note.ts';
import { anyFact } from '../../support/fact-arbitraries.ts';
import type { Decoder } from '../decoder.ts';
import { samplesOf } from '../sample-of.ts';
import { piecesOf } from './tasks.ts';

const facts: readonly unknown[] = [...fc.sample(anyFact, { numRuns: 60, seed: 1 }), ...samplesOf(clusterFactSchema)];
const digest = 'f'.repeat(64);
const entry = (fact: unknown, sequence: number) => ({ origin: 'a/0', sequence, previous: digest, fact });
const tree = encodeTree([
  { path: 'a/b.blend', digest, size: 5, mode: 0o644 },
  { path: 'c', digest, size: 2 ** 33, mode: 0o755 },
]);
const folders = { inputs: '/i', scratch: '/s', temporary: '/t', attempts: '/a' };
const cgroups: Record<string, string> = {
  '/proc/self/cgroup': '4:memory,cpu:/a/b\n0::/c',
  '/sys/fs/cgroup/cgroup.controllers': 'cpu',
  '/sys/fs/cgroup/c/cpu.max': '50000 100000',
};

export const dataDecoders: readonly Decoder[] = [
  { kind: 'value', name: 'facts', samples: facts, run: readFact },
  {
    kind: 'value',
    name: 'folded-facts',
    samples: facts.map((fact) => [entry(fact, 1), entry(fact, 2)]),
    run(value) {
      const entries = (Array.isArray(value) ? value : [value]).flatMap((one: unknown) =>
        typeof one === 'object' && one !== null && 'fact' in one ? [entry(one.fact, 1)] : [],
      );
      const book = new JobBook({ onTrouble: () => undefined });
      book.load(entries as never);
      book.nextClock();
    },
  },
  {
    kind: 'value',
    name: 'records',
    samples: facts.flatMap((fact) => (typeof fact === 'object' && fact !== null && 'record' in fact ? [fact.record] : [])).slice(0, 20),
    run: (value) => recordSchema.parse(value),
  },
  {
    kind: 'value',
    name: 'salvaged-rows',
    samples: [facts.slice(0, 5).map((fact, index) => entry(fact, index + 1))],
    run: (value) =>
      Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null && typeof Reflect.get(one, 'origin') === 'string')
        ? verifiedPrefixes(value)
        : undefined,
  },
  { kind: 'value', name: 'canonical-cbor', samples: facts, run: digestOf },
  { kind: 'bytes', name: 'trees', samples: [tree], run: decodeTree },
  {
    kind: 'bytes',
    name: 'launcher-frames',
    samples: [
      encodeFrame({ type: 'answer', id: 1 }, new Uint8Array(20)),
      Buffer.concat([encodeFrame({ type: 'there' }), encodeFrame({ type: 'hello', version: 1 })]),
    ],
    run(bytes) {
      const reader = new FrameReader();
      for (const piece of piecesOf(bytes, 11)) reader.read(piece);
    },
  },
  {
    kind: 'text',
    name: 'session-answers',
    samples: [
      { type: 'ready' },
      { type: 'log', line: 'x' },
      { type: 'progress', id: 1, fraction: 0.5, message: 'm' },
      { type: 'done', id: 1, outputs: [{ path: 'a', size: 1 }], process: 3, warnings: ['w'] },
      { type: 'failed', id: 1, fault: { code: 'c', message: 'm', retry: true, blameNode: false }, understood: true },
    ].map((answer) => JSON.stringify(answer)),
    run: readAnswer,
  },
  {
    kind: 'value',
    name: 'session-notes',
    samples: [{ job: digest, tree: digest, shape: '2 cores', user: 7, folders, inside: folders, marker: 'm' }],
    run(value) {
      if (readNote(value as never) === undefined) throw new Error('of another version');
    },
  },
  {
    kind: 'value',
    name: 'cgroup-files',
    samples: [cgroups],
    run: (value) =>
      groupLimits((path) =>
        typeof value === 'object' && value !== null && typeof Reflect.get(value, path) === 'string' ? String(Reflect.get(value, path)) : undefined,
      ),
  },
];
