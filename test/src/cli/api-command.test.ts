import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { curlLine } from '../../../src/cli/commands/curl-line.ts';
import { SupervmError } from '../../../src/model/errors.ts';
import { type ApiServer, startApiServer } from '../../support/api-server.ts';
import { fakeApi, nodeView, sampleStatus, viewOf } from '../../support/fake-api.ts';
import { runCli, runHere } from '../../support/run-cli.ts';

let server: ApiServer;
beforeAll(async () => {
  const api = fakeApi(
    {
      status: async () => ({ ...sampleStatus, http: 'http://127.0.0.1:3000' }),
      job: async () => Promise.reject(new SupervmError('job-not-found', 'No such job.', 'See: supervm jobs')),
      cancel: async ({ params }) => ({ job: viewOf({ id: params.job, name: '\u009b31m\u202e' }), notReached: [] }),
      pauseNode: async ({ params }) => nodeView(params.node),
    },
    {
      events: async (_, emit) => {
        emit({ type: 'nodes' });
        emit({ type: 'delivered', job: 'ab', file: 'f.png', digest: 'd' });
      },
    },
  );
  server = await startApiServer(api);
});
afterAll(() => server[Symbol.asyncDispose]());

describe('api', () => {
  test('takes a path below /api/v1, or a whole one', async () => {
    for (const path of ['status', '/api/v1/status'])
      expect(JSON.parse((await runHere(server.home, ['api', path])).stdout)).toMatchObject({ cluster: 'f00dcafe' });
  });

  test('sends a body from a file or from standard input, by POST', async () => {
    const file = join(server.home, 'body.json');
    writeFileSync(file, '{}');
    expect(JSON.parse((await runHere(server.home, ['api', 'nodes/n9/pause', '--input', file])).stdout)).toMatchObject({ name: 'n9' });
    expect((await runCli(server.home, ['api', 'nodes/n9/pause', '--input', '-'], { input: '{}' })).code).toBe(0);
  });

  test('prints a stream a line an event', async () => {
    const { stdout } = await runHere(server.home, ['api', 'events']);
    expect(
      stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as { type: string }).type),
    ).toEqual(['nodes', 'delivered']);
  });

  test('lets nothing in an answer reach the terminal as an order', async () => {
    const { stdout } = await runHere(server.home, ['api', 'jobs/ab/cancel', '--method', 'POST']);
    expect(stdout).toContain('\\u009b31m\\u202e');
    expect(JSON.parse(stdout)).toMatchObject({ job: { name: '\u009b31m\u202e' } });
  });

  test('fails as the command for it would', async () => {
    await expect(runHere(server.home, ['api', 'jobs/ab'])).rejects.toMatchObject({ code: 'job-not-found', hint: 'See: supervm jobs' });
  });

  test.each([
    [['api', 'status', '--method', 'DELETE'], '--method'],
    [['api', 'status', '--method', 'GET', '--input', '-'], '--input'],
    [['api', 'a b'], 'not a path'],
    [['api', 'status', '--tcp'], '--curl'],
    [['login', '--role', 'root'], 'viewer, user, admin'],
  ])('%j is a mistake', async (words, word) => {
    const error = await runHere(server.home, words).catch((thrown: unknown) => thrown as SupervmError);
    expect(`${(error as SupervmError).code} ${(error as SupervmError).message} ${(error as SupervmError).hint}`).toContain(word);
  });
});

describe('the line for curl', () => {
  test('does what the command does', async () => {
    const { stdout } = await runHere(server.home, ['api', '/health', '--curl']);
    expect(stdout).toBe(`curl -sS --unix-socket ${server.socketPath} http://localhost/health\n`);
    expect(await runHere(server.home, ['api', 'status', '--curl', '--tcp'])).toMatchObject({
      stdout: expect.stringMatching(/http:\/\/127\.0\.0\.1:3000\/api\/v1\/status$/m),
    });
  });

  const over = { socketPath: '/h/s.sock', url: 'http://127.0.0.1:3000' };

  test('never has a token among the words of a process', () => {
    const line = curlLine({ ...over, method: 'POST', path: '/api/v1/drain', input: undefined });
    // dash and bash have a printf of their own; nothing but the shell sees the token.
    const seen = execFileSync('sh', ['-c', `curl() { cat; }; ${line}`], { env: { SUPERVM_TOKEN: 'svm_x', PATH: '/bin:/usr/bin' }, encoding: 'utf8' });
    expect(seen).toBe('Authorization: Bearer svm_x\n');
    expect(line).toMatch(/^printf 'Authorization: Bearer %s\\n' "\$SUPERVM_TOKEN" \| curl -sS -H @- -X POST /);
  });

  test('is quoted for the shell, whatever the path is', () => {
    const path = `/api/v1/jobs?phase=';$(touch x)`;
    const line = curlLine({ socketPath: "/it's here/s.sock", url: undefined, method: 'GET', path, input: undefined });
    const printed = execFileSync('sh', ['-c', line.replace(/^curl/, "printf '%s\\n'")], { encoding: 'utf8' });
    expect(printed.split('\n')).toEqual(['-sS', '--unix-socket', "/it's here/s.sock", `http://localhost${path}`, '']);
  });

  test('takes the body from the file that the command would take it from', () => {
    const words = { ...over, method: 'POST', path: '/x' };
    expect(curlLine({ ...words, url: undefined, input: '-' })).toContain('--data-binary @- ');
    expect(curlLine({ ...words, url: undefined, input: 'a b.json' })).toContain("--data-binary '@a b.json' ");
    // The token comes by standard input.
    expect(curlLine({ ...words, input: '-' })).toContain('--data-binary @body.json ');
  });
});
