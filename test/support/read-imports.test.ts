import { expect, test } from 'vitest';
import { readImports, readPowers } from './read-imports.ts';

function imports(source: string): readonly string[] {
  return readImports(source).map((found) => `${found.kind} ${found.specifier}`);
}

function powers(source: string): readonly string[] {
  return readPowers(source).map((found) => found.text);
}

test.each([
  ["import './a.ts';", 'static ./a.ts'],
  ["import a from './a.ts';", 'static ./a.ts'],
  ["import a, { type B } from './a.ts'", 'static ./a.ts'],
  ["import * as a from './a.ts'", 'static ./a.ts'],
  ["import type from './a.ts';", 'static ./a.ts'],
  ["import type { A } from './a.ts';", 'type ./a.ts'],
  ["import type A from './a.ts';", 'type ./a.ts'],
  ["import type * as a from './a.ts';", 'type ./a.ts'],
  ["import json from './a.json' with { type: 'json' };", 'static ./a.json'],
  ["import {\n  a, // from './b.ts'\n  c,\n} from './a.ts';", 'static ./a.ts'],
  ["export * from './a.ts';", 'static ./a.ts'],
  ["export * as a from './a.ts';", 'static ./a.ts'],
  ["export { a } from './a.ts';", 'static ./a.ts'],
  ["export type { A } from './a.ts';", 'type ./a.ts'],
  ["const a = await import('./a.ts');", 'dynamic ./a.ts'],
  ['const a = await import(`./a.ts`);', 'dynamic ./a.ts'],
  ['const a = await import(/* why */ path);', 'dynamic undefined'],
  ["let a: import('./a.ts').A;", 'dynamic ./a.ts'],
  ["const a = require('./a.ts');", 'dynamic ./a.ts'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the sample is source text
  ['const text = `${await import("./a.ts")} and ${`nested ${import("./b.ts")}`}`;', 'dynamic ./a.ts', 'dynamic ./b.ts'],
  ["const half = a / b; import c from './c.ts'; const other = d / e;", 'static ./c.ts'],
  ["const quote = /['\"`/*]/; import c from './c.ts';", 'static ./c.ts'],
  ["export { a };\nimport b from './b.ts';", 'static ./b.ts'],
])('finds the import in %j', (source, ...expected) => {
  expect(imports(source)).toEqual(expected);
});

test.each([
  "// import a from './a.ts';",
  "/* import a from './a.ts'; */",
  'const text = "import a from \'./a.ts\'";',
  "const text = `import a from './a.ts';`;",
  "const pattern = /import a from '.*'/;",
  'const here = import.meta.url;',
  'export const from = 1;',
  "export { a }; const from = './a.ts';",
  "loader.import('./a.ts');",
])('sees no import in %j', (source) => {
  expect(imports(source)).toEqual([]);
});

test.each([
  ['const now = Date.now();', 'Date.now'],
  ['const now = new Date();', 'new Date()'],
  ['const now = performance.now();', 'performance.now'],
  ['setTimeout(run, 5);', 'setTimeout'],
  ['globalThis.setTimeout(run, 5);', 'setTimeout'],
  ['const later = setInterval;', 'setInterval'],
  ["import { setTimeout } from 'node:timers/promises';", 'setTimeout'],
  ['AbortSignal.timeout(5);', 'AbortSignal.timeout'],
  ['Math.random();', 'Math.random'],
  ['crypto.randomUUID();', 'randomUUID'],
  ['process.env["HOME"];', 'process.env'],
  ['globalThis.process.env;', 'process.env'],
  ['const copy = { ...process.env };', 'process.env'],
  ['console.log(1);', 'console'],
  ['process.stdout.write("");', 'process.stdout'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the sample is source text
  ['const text = `at ${Date.now()}`;', 'Date.now'],
])('finds the power in %j', (source, expected) => {
  expect(powers(source)).toEqual([expected]);
});

test.each(['// Date.now()', "'Math.random()'", 'new Date(5)', 'clock.now()', 'this.process.env', 'const limits = { setTimeout: 1 };', 'a.console.log()'])(
  'sees no power in %j',
  (source) => {
    expect(powers(source)).toEqual([]);
  },
);

test.each(["'a", '`a', '/* a'])('refuses text that ends too early: %j', (source) => {
  expect(() => readImports(source)).toThrow('without end');
});
