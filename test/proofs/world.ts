/** Real daemons in a laboratory, asked over their sockets from this one process: a command's start would cost more than what is measured. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Client, createClient } from '../../src/api/client.ts';
import type { SubmitReceipt } from '../../src/api/requests.ts';
import type { JobView, StatusView } from '../../src/api/views.ts';
import type { JsonObject, Term } from '../../src/model/job.ts';
import { Lab } from '../support/lab.ts';
import type { Machine } from '../support/lab-machine.ts';
import { startCluster } from '../support/start-cluster.ts';
import { until } from '../support/until.ts';
import { FactFeed } from './fact-feed.ts';
import { processesOf, signalAll } from './processes.ts';

/** Settings of the job type `naps` (test/support/job-types/naps). */
export type Naps = JsonObject & { readonly label: string };

const lookMs = 50;

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export class World implements AsyncDisposable {
  readonly lab: Lab;
  readonly machines: readonly Machine[];
  readonly #clients: readonly Client[];
  readonly #feeds: readonly FactFeed[];

  private constructor(lab: Lab) {
    this.lab = lab;
    this.machines = lab.machines;
    this.#clients = lab.machines.map((machine) => createClient({ socketPath: join(machine.home, 'run/supervm.sock') }));
    this.#feeds = this.#clients.map((client) => new FactFeed(client));
  }

  /** Daemons that know each other, the job type naps, and who coordinates. */
  static async start(nodes: number): Promise<World> {
    const lab = Lab.create({ nodes, jobTypes: ['naps'] });
    try {
      await startCluster(lab, 'job-type:naps');
      return new World(lab);
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
  }

  client(machine: Machine): Client {
    return this.#clients[this.machines.indexOf(machine)] as Client;
  }

  feed(machine: Machine): FactFeed {
    return this.#feeds[this.machines.indexOf(machine)] as FactFeed;
  }

  others(...known: readonly Machine[]): readonly Machine[] {
    return this.machines.filter((machine) => !known.includes(machine));
  }

  /** Rejects as the API does; see `untilAcknowledged` for a caller that does not give up. */
  async submit(machine: Machine, settings: Naps, key: string = settings.label): Promise<SubmitReceipt> {
    const body = { type: 'naps', settings, folder: this.lab.folder, outputFolder: join(this.lab.folder, 'out', key), existing: 'overwrite', key } as const;
    return await this.client(machine).call('submit', { body });
  }

  async job(machine: Machine, id: string): Promise<JobView> {
    return await this.client(machine).call('job', { params: { job: id } });
  }

  /** Undefined while the daemon does not answer. */
  async status(machine: Machine): Promise<StatusView | undefined> {
    return await this.client(machine)
      .call('status')
      .catch(() => undefined);
  }

  /** Who coordinates, by the word of one that lives, and in which term. */
  async coordinator(asked: readonly Machine[] = this.machines): Promise<{ readonly machine: Machine; readonly term: Term }> {
    let found: { readonly machine: Machine; readonly term: Term } | undefined;
    await this.until('a coordinator', 60_000, async () => {
      for (const one of asked) {
        const status = await this.status(one);
        const name = status?.nodes.find((node) => node.coordinator)?.name;
        const machine = asked.find((candidate) => candidate.name === name);
        if (status?.coordinator !== undefined && machine !== undefined) found = { machine, term: status.coordinator };
      }
      return found !== undefined;
    });
    return found as { readonly machine: Machine; readonly term: Term };
  }

  /** Each sees all alive and all follow one coordinator; rejects after `limitMs`. */
  async whole(limitMs = 120_000): Promise<void> {
    await this.until('one whole cluster', limitMs, async () => {
      const all = await Promise.all(this.machines.map((machine) => this.status(machine)));
      const terms = new Set(all.map((status) => (status?.coordinator === undefined ? undefined : `${status.coordinator.number} ${status.coordinator.node}`)));
      if (terms.size !== 1 || terms.has(undefined)) return false;
      return all.every((status) => status?.nodes.filter((node) => node.reachability === 'alive').length === this.machines.length);
    });
  }

  /** Asks until it is so; a daemon that does not answer is asked again. Rejects after `limitMs`, naming `what`. */
  async until(what: string, limitMs: number, question: () => boolean | Promise<boolean>): Promise<void> {
    await until(what, limitMs, question, lookMs);
  }

  /** No packet passes between the two sides, in either direction. */
  split(side: readonly Machine[]): void {
    const addresses = (machines: readonly Machine[]): string => machines.map((machine) => `10.77.0.${this.machines.indexOf(machine) + 1}`).join(', ');
    const other = this.others(...side);
    for (const machine of this.machines) {
      const cut = addresses(side.includes(machine) ? other : side);
      const rules = [
        'add table inet cut',
        'add chain inet cut in { type filter hook input priority 0; }',
        'add chain inet cut out { type filter hook output priority 0; }',
        `add rule inet cut in ip saddr { ${cut} } drop`,
        `add rule inet cut out ip daddr { ${cut} } drop`,
      ];
      execFileSync('ip', ['netns', 'exec', machine.namespace as string, 'nft', '-f', '-'], { input: rules.join('\n'), stdio: 'pipe' });
    }
  }

  heal(): void {
    for (const machine of this.machines) {
      execFileSync('ip', ['netns', 'exec', machine.namespace as string, 'nft', 'delete table inet cut'], { stdio: 'pipe' });
    }
  }

  /** Continues and starts what an experiment that failed has left stopped or dead. */
  async mend(): Promise<void> {
    for (const machine of this.machines) {
      signalAll(processesOf(machine.home), 'SIGCONT');
      if (machine.pid === undefined) await machine.start();
    }
    await this.whole();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What was stopped cannot be ended, and what outlives a daemon is nobody's after this.
    for (const { home } of this.machines) signalAll(processesOf(home), 'SIGKILL');
    await Promise.all(this.#feeds.map((feed) => feed[Symbol.asyncDispose]()));
    await this.lab[Symbol.asyncDispose]();
  }
}
