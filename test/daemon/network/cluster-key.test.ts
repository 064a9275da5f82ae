import { expect, test } from 'vitest';
import { createClusterKeyText, parseClusterKey } from '../../../daemon/network/cluster-key.ts';

test('a created key reads back, and no two are the same', () => {
  const text = createClusterKeyText();
  const key = parseClusterKey(text);
  expect(`${key.text}\n`).toBe(text);
  expect(createClusterKeyText()).not.toBe(text);
  expect(parseClusterKey(`\n ${key.text} \r\n`)).toMatchObject({ text: key.text, clusterId: key.clusterId, prologues: key.prologues, root: key.root });
});

test('what is derived depends on the key and never contains it', () => {
  const one = parseClusterKey(createClusterKeyText());
  const other = parseClusterKey(createClusterKeyText());
  expect(one.clusterId).toMatch(/^[0-9a-f]{64}$/);
  expect(one.publicHash).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set([one.clusterId, one.publicHash, Buffer.from(one.prologues[0].bytes).toString('hex')]).size).toBe(3);
  expect(one.clusterId).not.toBe(other.clusterId);
  expect(one.prologues[0].bytes).not.toEqual(other.prologues[0].bytes);
});

test.each([
  ['', 'is not a cluster key'],
  ['hello', 'is not a cluster key'],
  ['supervm-cluster-key-3 abc', 'cannot read'],
  ['supervm-cluster-key-1', 'damaged'],
  ['supervm-cluster-key-1 abc', 'damaged'],
  [`${createClusterKeyText().trim()} more`, 'damaged'],
  [createClusterKeyText().trim().slice(0, -1), 'damaged'],
])('%j is refused in words', (text, words) => {
  expect(() => parseClusterKey(text, 'the file key')).toThrow(expect.objectContaining({ code: 'usage', message: expect.stringContaining(words) }));
});
