/** Debian's etcd as the peer of a failover: three members on loopback with default settings. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { killAll } from './kill-all.ts';

const members = [0, 1, 2];
const clientUrl = (member: number): string => `http://127.0.0.1:2237${member}`;
const peerUrl = (member: number): string => `http://127.0.0.1:2238${member}`;
/** A survivor without a leader lets a write wait; it is asked anew after this time. */
const askMs = 100;

export class EtcdPeer implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'svm-bench-etcd-'));
  readonly #processes = new Map<number, ChildProcess>();

  static version(): string {
    return execFileSync('etcd', ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? '';
  }

  static async start(): Promise<EtcdPeer> {
    const peer = new EtcdPeer();
    for (const member of members) peer.#launch(member);
    for (const member of members) await peer.#written(member);
    return peer;
  }

  /** Kills the leader; seconds until a write succeeds on a survivor. Then all three are there again. */
  async failover(): Promise<number> {
    const leader = await this.#leader();
    const survivor = members.find((member) => member !== leader) as number;
    const victim = this.#processes.get(leader) as ChildProcess;
    const began = performance.now();
    const ended = once(victim, 'exit');
    victim.kill('SIGKILL');
    await this.#written(survivor);
    const seconds = (performance.now() - began) / 1000;
    await ended;
    this.#launch(leader);
    for (const member of members) await this.#written(member);
    await pause(1_000);
    return seconds;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await killAll(this.#processes.values());
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #launch(member: number): void {
    const words = [
      ['--name', `n${member}`],
      ['--data-dir', join(this.#folder, `n${member}`)],
      ['--listen-peer-urls', peerUrl(member)],
      ['--initial-advertise-peer-urls', peerUrl(member)],
      ['--listen-client-urls', clientUrl(member)],
      ['--advertise-client-urls', clientUrl(member)],
      ['--initial-cluster', members.map((each) => `n${each}=${peerUrl(each)}`).join(',')],
      ['--initial-cluster-state', 'new'],
    ].flat();
    this.#processes.set(member, spawn('etcd', words, { stdio: 'ignore' }));
  }

  async #leader(): Promise<number> {
    for (;;) {
      for (const member of members) {
        const status = (await ask(member, 'maintenance/status', {}, 1_000)) as
          | { readonly leader?: string; readonly header?: { readonly member_id?: string } }
          | undefined;
        if (status?.leader !== undefined && status.leader === status.header?.member_id) return member;
      }
      await pause(50);
    }
  }

  /** Resolves when a write through this member has succeeded. */
  async #written(member: number): Promise<void> {
    const deadline = performance.now() + 60_000;
    const body = { key: Buffer.from('a').toString('base64'), value: Buffer.from('b').toString('base64') };
    while ((await ask(member, 'kv/put', body, askMs)) === undefined) {
      if (performance.now() > deadline) throw new Error(`etcd member ${member} has written nothing for 60 s`);
      await pause(2);
    }
  }
}

/** Through etcd's own gateway, as quick as its clients; undefined when it fails or takes longer. */
async function ask(member: number, route: string, body: object, limitMs: number): Promise<unknown> {
  try {
    const response = await fetch(`${clientUrl(member)}/v3/${route}`, { method: 'POST', body: JSON.stringify(body), signal: AbortSignal.timeout(limitMs) });
    const text = await response.text();
    return response.ok ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
