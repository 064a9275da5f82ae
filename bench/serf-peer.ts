/** Debian's serf as the peer of failure detection: agents on addresses of loopback with the default profile (lan). */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { killAll } from './kill-all.ts';

const address = (agent: number): string => `127.0.1.${agent}`;
const gossip = (agent: number): string => `${address(agent)}:17946`;
const rpc = (agent: number): string => `${address(agent)}:17373`;

export class SerfPeer implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'svm-bench-serf-'));
  readonly #agents: readonly number[];
  readonly #processes = new Map<number, ChildProcess>();

  private constructor(count: number) {
    this.#agents = Array.from({ length: count }, (_, index) => index + 1);
  }

  static version(): string {
    return execFileSync('dpkg-query', ['--show', 'serf'], { encoding: 'utf8' }).trim().replace('\t', ' ');
  }

  static async start(count: number): Promise<SerfPeer> {
    const peer = new SerfPeer(count);
    for (const agent of peer.#agents) {
      peer.#launch(agent);
      if (agent === 1) await pause(500);
    }
    await peer.#whole();
    return peer;
  }

  /** Kills the last agent; seconds until the last survivor has called it failed. Then all are there again. */
  async detection(): Promise<number> {
    const victim = this.#agents.at(-1) as number;
    const survivors = this.#agents.slice(0, -1);
    const before = this.failures();
    const child = this.#processes.get(victim) as ChildProcess;
    const ended = once(child, 'exit');
    const began = Date.now();
    child.kill('SIGKILL');
    const deadline = began + 60_000;
    while (survivors.some((agent) => this.#failuresOf(agent).length === (before.get(agent)?.length ?? 0))) {
      if (Date.now() > deadline) throw new Error('serf has not noticed a death within 60 s');
      await pause(10);
    }
    const last = Math.max(...survivors.map((agent) => this.#failuresOf(agent).at(-1) as number));
    await ended;
    this.#launch(victim);
    await this.#whole();
    await pause(1_000);
    return (last - began) / 1000;
  }

  /** When each agent called another one failed, Unix milliseconds. */
  failures(): ReadonlyMap<number, readonly number[]> {
    return new Map(this.#agents.map((agent) => [agent, this.#failuresOf(agent)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await killAll(this.#processes.values());
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #file(agent: number): string {
    return join(this.#folder, `failed.${agent}`);
  }

  #failuresOf(agent: number): readonly number[] {
    if (!existsSync(this.#file(agent))) return [];
    const lines = readFileSync(this.#file(agent), 'latin1').split('\n').filter(Boolean);
    return lines.map((nanoseconds) => Number(nanoseconds) / 1e6);
  }

  #launch(agent: number): void {
    const words = [`-node=n${agent}`, `-bind=${gossip(agent)}`, `-rpc-addr=${rpc(agent)}`, '-log-level=err'];
    if (agent !== 1) words.push(`-join=${gossip(1)}`);
    words.push(`-event-handler=member-failed=date +%s%N >> ${this.#file(agent)}`);
    this.#processes.set(agent, spawn('serf', ['agent', ...words], { stdio: 'ignore' }));
  }

  /** Every agent sees all alive. */
  async #whole(): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!this.#agents.every((agent) => aliveBy(agent) === this.#agents.length)) {
      if (Date.now() > deadline) throw new Error('serf agents have not found each other within 60 s');
      await pause(100);
    }
  }
}

function aliveBy(agent: number): number {
  try {
    const lines = execFileSync('serf', ['members', `-rpc-addr=${rpc(agent)}`, '-status=alive'], { encoding: 'utf8', stdio: 'pipe' });
    return lines.split('\n').filter(Boolean).length;
  } catch {
    return 0;
  }
}
