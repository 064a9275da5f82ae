/**
 * A real browser, with a session of the daemon open in it, is shown pages of somebody else: on another origin, on another port of
 * this machine, and by DNS rebinding. Needs Chromium.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, createClient } from '../../src/api/client.ts';
import { readEnvironment } from '../../src/settings/environment.ts';
import { pathsOf } from '../../src/settings/paths.ts';
import { Rebound } from '../support/rebound.ts';
import { runCli } from '../support/run-cli.ts';

const nodeName = 'a-name-to-be-kept';
const flags = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

let home: string;
let daemon: Client;
let browser: Browser;
let context: BrowserContext;
let url: URL;
let rebound: Rebound;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'svm-browser-'));
  const words = ['up', '--name', nodeName, '--no-discovery', '--listen', '127.0.0.1:0', '--http-port', '0', '--without', 'blender'];
  const { code, stderr } = await runCli(home, words);
  if (code !== 0) throw new Error(stderr);
  daemon = createClient({ socketPath: pathsOf({ ...readEnvironment(), home }).socket });
  url = new URL((await daemon.call('status')).http ?? '');
  // Two addresses of one port: the name leads to the second, where first the attacker answers and then, byte by byte, the daemon.
  rebound = await Rebound.start({ port: Number(url.port), to: '127.0.0.1' });
  const rules = 'MAP evil.test 127.0.0.2,MAP rebound.test 127.0.0.2';
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: [...flags, `--host-resolver-rules=${rules}`] });
  context = await logIn();
});
afterAll(async () => {
  await browser?.close();
  await rebound?.stop();
  await runCli(home, ['down', '--now']);
  rmSync(home, { recursive: true, force: true });
});

/** A browser in which somebody uses the daemon, as its own pages would. */
async function logIn(): Promise<BrowserContext> {
  // Only here: a page of the daemon’s own origin must be able to run our script at all.
  const opened = await browser.newContext({ bypassCSP: true });
  const { code } = await daemon.call('loginCode');
  const page = await opened.newPage();
  await page.goto(`${url}health`);
  const seen = await page.evaluate(async (text) => {
    const session = await fetch('/api/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ code: text }) });
    const status = await fetch('/api/v1/status');
    return { session: session.status, status: status.status, text: await status.text() };
  }, code);
  expect(seen).toMatchObject({ session: 200, status: 200, text: expect.stringContaining(nodeName) });
  await page.close();
  return opened;
}

interface Attempt {
  readonly how: string;
  readonly read: string;
  readonly opened: boolean;
}

/** Runs test/support/attack-page.js, which the page has loaded. */
function attack(page: Page, origin: string): Promise<readonly Attempt[]> {
  return page.evaluate(`attack(${JSON.stringify({ origin, node: nodeName })})`);
}

/** What an attacker would like to change. */
async function told(): Promise<unknown> {
  const [{ node, nodes, coordinator }, jobs] = [await daemon.call('status'), await daemon.call('jobs')];
  return { node, coordinator, jobs, paused: nodes.map(({ paused }) => paused) };
}

test.each([
  ['another site', () => `http://evil.test:${rebound.otherPort}/`],
  ['another port of this machine', () => `http://127.0.0.1:${rebound.otherPort}/`],
  ['another port under our own name', () => `http://localhost:${rebound.otherPort}/`],
  ['a name that was rebound to the daemon', () => `http://rebound.test:${url.port}/`],
])('a page of %s changes nothing and reads nothing', async (_, place) => {
  const before = await told();
  const page = await context.newPage();
  rebound.lead('to the attacker');
  await page.goto(place());
  rebound.lead('to the daemon');
  const target = place().includes('rebound.test') ? new URL(place()) : url;
  const targets = [target.origin, ...(target === url ? [`http://localhost:${url.port}`] : [])];
  for (const origin of targets) {
    const got = await attack(page, origin);
    expect(got.filter(({ read }) => read.includes(nodeName) || read.includes('"ok"'))).toEqual([]);
    expect(got.filter(({ opened }) => opened).map(({ how }) => how)).toEqual([]);
    expect(got.length).toBeGreaterThan(20);
  }
  expect(await told()).toEqual(before);
  await page.close();
});

test('the same page takes everything from a server that looks at nothing', async () => {
  const page = await context.newPage();
  rebound.lead('to the attacker');
  await page.goto(`http://evil.test:${rebound.otherPort}/`);
  await attack(page, `http://localhost:${rebound.naivePort}`);
  expect(rebound.changes.toSorted()).toEqual(expect.arrayContaining(['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']));
});
