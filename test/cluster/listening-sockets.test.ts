/** What a daemon listens on is what SECURITY.md says, and none of it answers a stranger. Needs root and network namespaces. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Knocks } from '../support/knocks.ts';
import { execute, Lab } from '../support/lab.ts';
import type { Machine } from '../support/lab-machine.ts';

const root = join(import.meta.dirname, '../..');
const secretName = 'a-name-to-be-kept';

let lab: Lab;
let machine: Machine;
beforeAll(async () => {
  lab = Lab.create({ nodes: 1 });
  machine = lab.machine(0);
  await machine.start('--name', secretName);
});
afterAll(() => lab[Symbol.asyncDispose]());

/** The first column of the table, as `tcp 127.0.0.1:3000`. */
function documented(): readonly string[] {
  const text = readFileSync(join(root, 'SECURITY.md'), 'utf8');
  return [...text.matchAll(/^\| ((?:tcp|udp|unix) `[^`]+`)/gm)].map(([, cell = '']) => cell.replaceAll('`', '')).toSorted();
}

async function listening(): Promise<readonly string[]> {
  const lines = async (...words: readonly string[]): Promise<readonly string[]> => (await machine.command(words).finished).stdout.split('\n').filter(Boolean);
  const ports = (await lines('ss', '-lntuH')).map((line) => line.split(/\s+/)).map(([protocol, , , , address]) => `${protocol} ${address}`);
  const sockets = (await lines('ss', '-lxH')).map((line) => line.split(/\s+/)[4] ?? '').filter((path) => path.startsWith(`${machine.home}/`));
  return [...ports, ...sockets.map((path) => `unix ${path.slice(machine.home.length + 1)}`)].toSorted();
}

async function knock(pairingPort?: string): Promise<Knocks> {
  const words = ['netns', 'exec', lab.bridge ?? '', process.execPath, join(root, 'test/support/stranger.ts'), '10.77.0.1', '7946', '3000'];
  return JSON.parse(await execute('ip', [...words, ...(pairingPort === undefined ? [] : [pairingPort])])) as Knocks;
}

test('it listens on exactly what is documented, and a stranger gets nothing anywhere', async () => {
  expect(await listening()).toEqual(documented());
  expect((await machine.run('invite')).code).toBe(0);
  const more = (await listening()).filter((socket) => !documented().includes(socket));
  expect(more).toEqual([expect.stringMatching(/^tcp 0\.0\.0\.0:\d+$/)]);
  const { peerPort, pairingPort, httpPort, heartbeats, multicastDns } = await knock(more[0]?.split(':')[1]);
  expect(httpPort).toBe('ECONNREFUSED');
  expect(heartbeats).toBe('');
  // Who speaks libp2p's first words is greeted, and told under which name the handshake goes: a hash of the cluster, as multicast tells it.
  const { 'our protocol in the clear': ours, 'a list of protocols': list, ...others } = peerPort;
  expect(Object.values(others).join('')).toBe('');
  const [greeting, refusal] = ['\u0013/multistream/1.0.0\n', '\u0003na\n'];
  expect([greeting, greeting + refusal]).toContain(ours);
  expect(list?.startsWith(greeting)).toBe(true);
  expect(list?.slice(greeting.length)).toMatch(/^..? \/supervm\/noise\/[0-9a-f]{16}\n\n$|^$/s);
  expect(Object.values(pairingPort).join('')).toBe('');
  expect(multicastDns).toContain('_supervm');
  expect(multicastDns).toMatch(/c=[0-9a-f]{16}/);
  // No longer one, but for the byte before the next text: neither a key nor a digest in full.
  expect(multicastDns).not.toMatch(/[0-9a-f]{18}/);
  expect(multicastDns).not.toContain(secretName);
});
