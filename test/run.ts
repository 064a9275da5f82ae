/**
 * `npm run check` and `npm test`: every check in turn, all of them even when one fails, and one line with the sum at the end.
 * A tool counts as one test; vitest and the simulation count their own.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingAbilities } from './support/machine-abilities.ts';

interface Count {
  readonly passed: number;
  readonly failed: number;
}

const root = join(import.meta.dirname, '..');
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

function run(command: string, commandArguments: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, commandArguments, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => {
      process.stderr.write(`${command}: ${error.message}\n`);
      resolve(127);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

async function tool(title: string, command: string, ...commandArguments: string[]): Promise<Count> {
  const since = performance.now();
  process.stdout.write(`\n> ${title}\n`);
  const code = await run(command, commandArguments);
  process.stdout.write(`${code === 0 ? 'passed' : `FAILED with exit code ${code}`}: ${title} (${seconds(since)})\n`);
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** A file that does not even load counts as one failure; a run that leaves no report too. */
async function vitest(project: string): Promise<Count> {
  const folder = mkdtempSync(join(tmpdir(), 'supervm-tests-'));
  const report = join(folder, 'report.json');
  process.stdout.write(`\n> tests: ${project}\n`);
  const code = await run('vitest', ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
  try {
    const told = JSON.parse(readFileSync(report, 'utf8')) as {
      readonly numPassedTests: number;
      readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] }[];
    };
    const failedTests = told.testResults.reduce((sum, file) => {
      // Skipped is not passed: nothing of ours may be left out silently.
      const failed = file.assertionResults.filter((assertion) => assertion.status !== 'passed').length;
      return sum + (failed === 0 && file.status === 'failed' ? 1 : failed);
    }, 0);
    return { passed: told.numPassedTests, failed: failedTests === 0 && code !== 0 ? 1 : failedTests };
  } catch (error) {
    process.stderr.write(`no report from vitest (exit code ${code}): ${error instanceof Error ? error.message : error}\n`);
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function abilities(): Count {
  const missing = missingAbilities();
  for (const line of missing) process.stderr.write(`CANNOT RUN: ${line}\n`);
  return { passed: 0, failed: missing.length };
}

async function main(what: string | undefined): Promise<number> {
  const since = performance.now();
  const counts: Count[] = [];
  const everything = what === 'test';
  if (everything) counts.push(abilities());
  counts.push(await tool('style (biome)', 'biome', 'ci', '.'));
  counts.push(await tool('types (tsc)', 'tsc', '-p', '.'));
  counts.push(await tool('unused code and packages (knip)', 'knip', '--no-progress'));
  counts.push(await vitest('unit'));
  if (everything) {
    counts.push(await tool('the build', process.execPath, 'bin/build.ts'));
    counts.push(await tool('the simulation, 5000 seeds', process.execPath, 'test/simulation/main.ts', '--seeds', '5000'));
    counts.push(await vitest('real-parts'));
    counts.push(await vitest('proofs'));
    counts.push(await vitest('machine'));
    counts.push(await vitest('alone'));
  }
  const sum = counts.reduce((left, right) => ({ passed: left.passed + right.passed, failed: left.failed + right.failed }));
  process.stdout.write(`\ntook ${seconds(since)}\n${sum.passed} passed, ${sum.failed} failed\n`);
  return sum.failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv[2]);
