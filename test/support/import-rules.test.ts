import { expect, test } from 'vitest';
import { homeViolations, matches, powerViolations, ringViolations } from './import-rules.ts';
import { findCircles, loadedBy, sourceFile } from './source-tree.ts';

test.each([
  ['src/**', 'src/a/b.ts', true],
  ['src/*/a.ts', 'src/x/a.ts', true],
  ['src/*/a.ts', 'src/x/y/a.ts', false],
  ['src/a.ts', 'src/axts', false],
  ['a/libp2p-*.ts', 'a/libp2p-node.ts', true],
])('the pattern %s takes %s: %s', (pattern, path, expected) => {
  expect(matches(pattern, path)).toBe(expected);
});

test('a ring may import its own folder, what it is allowed, and nothing else; computed imports are not its business', () => {
  const rings = [{ from: 'parts/*/**', may: ['words/**'], mayLater: ['late/**'], mayType: ['types/**'], outside: false, why: 'because' }];
  const text = `
    import '../one/deep/other.ts';
    import '../../words/word.ts';
    import '../two/secret.ts';
    import type { T } from '../../types/t.ts';
    import { v } from '../../types/t.ts';
    await import('../../late/l.ts');
    import '../../late/l.ts';
    await import(name);
    import 'node:fs';
  `;
  expect(ringViolations(rings, sourceFile('parts/one/file.ts', text))).toEqual([
    'parts/one/file.ts:4: static import of ../two/secret.ts (because)',
    'parts/one/file.ts:6: static import of ../../types/t.ts (because)',
    'parts/one/file.ts:8: static import of ../../late/l.ts (because)',
    'parts/one/file.ts:10: static import of node:fs (because)',
  ]);
});

test('a package away from home, or without one, is told; subpaths belong to their package', () => {
  const homes = [{ names: ['@scope/heavy', 'node:net'], in: ['rim/**'], why: 'heavy' }];
  const text = "import type { A } from '@scope/heavy/deep'; await import('node:net'); import 'homeless/sub'; import 'node:path';";
  expect(homeViolations(homes, ['test/**'], sourceFile('core/a.ts', text))).toEqual([
    'core/a.ts:1: import of @scope/heavy (heavy)',
    'core/a.ts:1: import of node:net (heavy)',
    'core/a.ts:1: homeless has no home in the table',
  ]);
  expect(homeViolations(homes, ['test/**'], sourceFile('rim/a.ts', "import '@scope/heavy';"))).toEqual([]);
  expect(homeViolations(homes, ['test/**'], sourceFile('test/a.ts', text))).toEqual([]);
});

test('a power away from home is told with the reason', () => {
  const homes = [{ power: 'time', in: ['clock.ts'], why: 'one clock' }] as const;
  const text = 'setTimeout(run, 1000);\nconst at = Date.now();\nMath.random();';
  expect(powerViolations(homes, ['test/**'], sourceFile('core/a.ts', text))).toEqual([
    'core/a.ts:1: setTimeout (one clock)',
    'core/a.ts:2: Date.now (one clock)',
    'core/a.ts:3: Math.random (nobody may)',
  ]);
  expect(powerViolations(homes, ['test/**'], sourceFile('clock.ts', 'Date.now();'))).toEqual([]);
  expect(powerViolations(homes, ['test/**'], sourceFile('test/a.ts', text))).toEqual([]);
});

test('a circle is found, even of types alone', () => {
  const circle = [sourceFile('a/x.ts', "import type { Y } from './y.ts';"), sourceFile('a/y.ts', "export type { X } from './x.ts';"), sourceFile('a/z.ts', '')];
  expect(findCircles(circle)).toEqual([['a/x.ts', 'a/y.ts']]);
});

test('what a start loads follows values, not types and not later imports', () => {
  const files = [
    sourceFile('main.ts', "import './a.ts'; import type { T } from 'typed'; await import('./late.ts');"),
    sourceFile('a.ts', "export * from '@scope/heavy/deep'; import 'node:net';"),
    sourceFile('late.ts', "import 'late';"),
  ];
  expect([...loadedBy(files, 'main.ts')].toSorted()).toEqual(['@scope/heavy', 'a.ts', 'main.ts', 'node:net']);
});
