import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, createClient } from '../src/api/client.ts';
import type { TokenReceipt } from '../src/api/cluster-views.ts';
import type { InviteView } from '../src/api/machines.ts';
import type { StatusView } from '../src/api/views.ts';
import { Lab } from '../test/support/lab.ts';
import type { Finished, Machine, Typed } from '../test/support/lab-machine.ts';
import { until } from '../test/support/until.ts';
import { rounds, verdict } from './rounds.ts';

const limitMs = 60_000;
const lookMs = 10;
/** A token has 50 calls a second. */
const callMs = 25;
/** DESIGN: a machine that may come in is there within 5 s; what is taken away counts nowhere after 2 s. */
const inSeconds = 5;
const outSeconds = 2;

/** Calls the API with a token, again and again, and prints when it was first let in and when first refused. */
const caller = `
  const { readFileSync } = require('node:fs');
  const [url, token] = [process.env.SUPERVM_HOME + '/run/http.address', 0].map((file) => readFileSync(file, 'utf8').trim());
  let known = false;
  const call = async () => {
    const { status } = await fetch(url + '/api/v1/jobs', { headers: { authorization: 'Bearer ' + token } });
    if (status === 200 && !known) console.log('ready');
    known ||= status === 200;
    if (known && status === 401) console.log('at ' + Date.now());
    else setTimeout(call, ${callMs});
  };
  void call();`;

/** Looks at what the kernel has of this machine's connections to others, and prints when none is left of those that there were. */
const watcher = `
  const { readFileSync } = require('node:fs');
  const established = () => readFileSync('/proc/net/tcp', 'latin1').split('\\n').map((line) => line.trim().split(/\\s+/))
    .filter(([, local = '', remote, state]) => state === '01' && !local.startsWith('0100007F')).map(([, local, remote]) => local + ' ' + remote);
  const before = established();
  console.log('ready ' + before.length);
  const look = () => {
    const now = new Set(established());
    if (before.some((one) => now.has(one))) setTimeout(look, ${lookMs});
    else console.log('at ' + Date.now());
  };
  look();`;

async function done(what: string, typed: Typed): Promise<Finished> {
  const finished = await typed.finished;
  if (finished.code !== 0) throw new Error(`${what} ended with ${finished.code}: ${finished.stderr}`);
  return finished;
}

/** Three machines, of which the third comes and goes. */
class Three implements AsyncDisposable {
  readonly #lab = Lab.create({ nodes: 3 });
  readonly #machines = this.#lab.machines as readonly [Machine, Machine, Machine];
  readonly #clients: readonly Client[] = this.#machines.map(({ home }) => createClient({ socketPath: join(home, 'run/supervm.sock') }));
  #tokens = 0;

  static async start(): Promise<Three> {
    const three = new Three();
    try {
      const [first, second] = three.#machines;
      await first.start();
      await done('join', second.command([second.supervm, 'join', '--no-start'], `${await three.#invite()}\n`));
      await second.start();
      await until('two machines', limitMs, () => three.#areAlive(2), lookMs);
      return three;
    } catch (error) {
      await three[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Seconds from `supervm join`, typed on a new machine, until each of the three sees all three alive. */
  async join(): Promise<number> {
    await this.#reset();
    const [, , third] = this.#machines;
    const line = await this.#invite();
    const typedAt = Date.now();
    return await this.#arrival(typedAt, third.command([third.supervm, 'join', '--name', third.name], `${line}\n`));
  }

  /** The same from `supervm up`, where somebody waits in `supervm invite`; on each of the two a person agrees at once. */
  async upByWords(): Promise<number> {
    await this.#reset();
    const [first, , third] = this.#machines;
    const inviting = first.command([first.supervm, 'invite', '--approve'], 'y\n');
    await first.until(() => inviting.output().includes('supervm-invite-'), limitMs);
    const typedAt = Date.now();
    const seconds = await this.#arrival(typedAt, third.command([third.supervm, 'up', '--name', third.name], 'y\n'));
    await done('invite', inviting);
    return seconds;
  }

  /** Seconds from `supervm token revoke` on the first machine until both others refuse the token over HTTP. */
  async revoke(): Promise<number> {
    const [first, ...others] = this.#machines;
    const name = `bench-${++this.#tokens}`;
    const { token } = await first.json<TokenReceipt>('token', 'create', '--name', name);
    return await this.#lastOf(
      others.map((machine) => machine.command([process.execPath, '-e', caller], token)),
      async () => void (await done('token revoke', first.type('token', 'revoke', name))),
    );
  }

  /** Seconds from `supervm node remove` on the first machine until the kernel of the third has none of its connections any more. */
  async remove(): Promise<number> {
    const [first, , third] = this.#machines;
    // Those that were removed before had the same name.
    const { node } = await third.json<StatusView>('status');
    return await this.#lastOf(
      [third.command([process.execPath, '-e', watcher])],
      async () => void (await done('node remove', first.type('node', 'remove', '--yes', node))),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lab[Symbol.asyncDispose]();
  }

  async #invite(): Promise<string> {
    return (await this.#machines[0].json<InviteView>('invite')).line;
  }

  /** The third machine as it was when it came out of its box. */
  async #reset(): Promise<void> {
    const [, , third] = this.#machines;
    await done('down', third.type('down', '--now'));
    for (const name of readdirSync(third.home)) rmSync(third.file(name), { recursive: true });
    await until('two machines', limitMs, async () => (await this.#alive(0)) === 2 && (await this.#alive(1)) === 2, lookMs);
  }

  async #arrival(typedAt: number, typed: Typed): Promise<number> {
    await until('three machines', limitMs, () => this.#areAlive(3), lookMs);
    const seconds = (Date.now() - typedAt) / 1000;
    await done('the command', typed);
    return seconds;
  }

  async #alive(index: number): Promise<number> {
    const nodes = await (this.#clients[index] as Client).call('nodes');
    return nodes.filter(({ reachability }) => reachability === 'alive').length;
  }

  /** Does each of the first `count` machines see so many? */
  async #areAlive(count: number): Promise<boolean> {
    for (let index = 0; index < count; index += 1) if ((await this.#alive(index)) !== count) return false;
    return true;
  }

  async #lastOf(watching: readonly Typed[], act: () => Promise<void>): Promise<number> {
    await until('watchers', limitMs, () => watching.every((typed) => typed.output().includes('ready')), lookMs);
    if (watching.some((typed) => typed.output().includes('ready 0'))) throw new Error('there was no connection to be cut');
    const typedAt = Date.now();
    await act();
    const outputs = await Promise.all(watching.map((typed) => done('a watcher', typed)));
    const times = outputs.map(({ stdout }) => Number(/^at (\d+)$/m.exec(stdout)?.[1]));
    return (Math.max(...times) - typedAt) / 1000;
  }
}

/** How long it takes until a machine belongs to a cluster, and until somebody does so no longer. */
export async function benchMembership({ times = 5 }: { readonly times?: number | undefined }): Promise<void> {
  await using three = await Three.start();
  const worst = new Map<string, number>();
  const noting = (name: string, measure: () => Promise<number>) => ({
    name,
    measure: async (): Promise<number> => {
      const seconds = await measure();
      worst.set(name, Math.max(worst.get(name) ?? 0, seconds));
      return seconds;
    },
  });
  const targets = {
    join_to_seen_by_all: inSeconds,
    revoke_to_refused_by_all: outSeconds,
    remove_to_all_cut: outSeconds,
    up_by_words_to_seen_by_all: inSeconds,
  };
  await rounds(times, 's', [
    noting('join_to_seen_by_all', () => three.join()),
    noting('revoke_to_refused_by_all', () => three.revoke()),
    noting('remove_to_all_cut', () => three.remove()),
    noting('up_by_words_to_seen_by_all', () => three.upByWords()),
    noting('remove_to_all_cut', () => three.remove()),
  ]);
  for (const [name, atMost] of Object.entries(targets)) verdict(`${name}, the longest, seconds`, worst.get(name) ?? Number.NaN, { atMost });
}
