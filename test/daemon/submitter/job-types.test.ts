import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { jobTypeLoader } from '../../../daemon/submitter/job-types.ts';
import { digestOfFiles, openOwnJobType } from '../../../src/settings/own-job-types.ts';
import { installJobType } from '../../support/install-job-type.ts';

let home: string;
let folder: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'svm-types-'));
  folder = installJobType(home, 'naps');
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

const settings = { tasks: 2, ms: 1, slots: 4, label: 'test', fail: 'never', stay: 'no', mark: 0, in: 'session' };
const loader = () => jobTypeLoader({ folder: join(home, 'job-types') });
const write = (file: string, text: string): void => writeFileSync(join(folder, file), text, { mode: 0o644 });

test("a job type of the user's own may run only where the same version of it is", async () => {
  const type = await loader()('naps');
  const own = openOwnJobType(join(home, 'job-types'), 'naps');
  expect(type.digest).toBe(digestOfFiles(own.folder, own.files));
  const { steps, outputs } = type.plan(settings, {});
  expect(outputs).toEqual(['nap-1.txt', 'nap-2.txt']);
  expect(steps.map(({ requirements }) => requirements.programs)).toEqual([[{ name: 'job-type:naps', features: [type.digest] }]]);
});

test('a built-in job type wins over a folder of the same name and needs nothing of the kind', async () => {
  const type = await jobTypeLoader({ folder: join(home, 'job-types') })('render');
  expect(type.manifest.name).toBe('render');
});

/** Loads the type, changes one file, loads it again; prints the plan's name or what was wrong. In a Node of its own: vitest keeps modules by their file. */
function namesAround(file: string, text: string): string {
  const script = `
    import { writeFileSync } from 'node:fs';
    import { jobTypeLoader } from ${JSON.stringify(join(import.meta.dirname, '../../../daemon/submitter/job-types.ts'))};
    const load = jobTypeLoader({ folder: ${JSON.stringify(join(home, 'job-types'))} });
    const name = () => load('naps').then((type) => type.plan({}, {}).name, (error) => error.code);
    const before = await name();
    writeFileSync(${JSON.stringify(join(folder, file))}, ${JSON.stringify(text)});
    console.log(before, await name());`;
  return execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8', stdio: 'pipe' }).trim();
}

test('a folder that was changed is loaded anew, what it imports included', () => {
  write('words.ts', "export const word = 'one';\n");
  write('plan.ts', "import { word } from './words.ts';\nexport const plan = () => ({ name: word, steps: [] });\n");
  expect(namesAround('words.ts', "export const word = 'two';\n")).toBe('one two');
});

test('a type that was mended after a mistake loads', () => {
  write('plan.ts', 'broken(');
  expect(namesAround('plan.ts', "export const plan = () => ({ name: 'mended', steps: [] });")).toBe('broken-job-type mended');
});

test.each([
  ['manifest.ts', 'export const manifest = { name: "other" };', 'manifest.name must be "naps"'],
  ['inputs.ts', 'export const input = 1;', 'it exports no function "inputs"'],
  ['plan.ts', 'throw new Error("out of order");', 'out of order'],
  ['plan.ts', "import './nowhere.ts';", 'nowhere.ts'],
])('a broken %s is named with its cause: %s', async (file, text, cause) => {
  write(file, text);
  const failure = loader()('naps');
  await expect(failure).rejects.toMatchObject({ code: 'broken-job-type' });
  await expect(failure).rejects.toThrow(join(folder, file));
  await expect(failure).rejects.toThrow(cause);
});

test('a plan that throws is the job type’s fault, not a defect of supervm', async () => {
  write('plan.ts', 'export const plan = () => undefined.steps;\n');
  const type = await loader()('naps');
  expect(() => type.plan({}, {})).toThrow(join(folder, 'plan.ts'));
});

test('an unknown name suggests own names too', async () => {
  await expect(loader()('nap')).rejects.toMatchObject({ code: 'unknown-job-type', hint: 'Did you mean "naps"?' });
});
