/** Loss, partitions and delay on the bridge of a laboratory: nft on every machine's socket, and a shaper for delay. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Lab } from '../../support/lab.ts';

/** What is wrong with the network; several may hold at once. Names of machines. */
export type NetworkFault =
  | { readonly kind: 'partition'; readonly side: readonly string[] }
  /** `from` is not heard by `by`. */
  | { readonly kind: 'one-way'; readonly from: string; readonly by: string }
  | { readonly kind: 'loss'; readonly share: number }
  | { readonly kind: 'delay'; readonly meanMs: number; readonly jitterMs: number };

export class LabNetwork {
  readonly #lab: Lab;
  readonly #bridge: string;
  readonly #hardware: readonly string[];
  readonly #faults = new Set<NetworkFault>();
  readonly #rules: string[];
  #shaper: ChildProcess | undefined;
  #shaped = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(lab: Lab) {
    if (lab.bridge === undefined) throw new Error('a network to break needs namespaces');
    this.#lab = lab;
    this.#bridge = lab.bridge;
    this.#hardware = lab.machines.map(({ namespace }) => {
      const [link] = JSON.parse(execFileSync('ip', ['-n', namespace as string, '-j', 'link', 'show', 'eth0'], { encoding: 'utf8' })) as { address: string }[];
      if (link === undefined) throw new Error(`${namespace} has no eth0`);
      return link.address;
    });
    this.#rules = lab.machines.map(() => '');
  }

  /** Resolves when it holds; the answer lifts it. */
  async add(fault: NetworkFault): Promise<() => Promise<void>> {
    this.#faults.add(fault);
    await this.#apply();
    return () => {
      this.#faults.delete(fault);
      return this.#apply();
    };
  }

  async clear(): Promise<void> {
    this.#faults.clear();
    await this.#apply();
  }

  close(): void {
    this.#shaper?.kill('SIGKILL');
  }

  #apply(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      await Promise.all([...this.#lab.machines.keys()].map((index) => this.#filter(index)));
      await this.#delay();
    });
    return this.#turn;
  }

  /** Each machine drops what it must not hear, before anything of it looks. */
  async #filter(index: number): Promise<void> {
    const machine = this.#lab.machine(index);
    const deaf = new Set([...this.#faults].flatMap((fault) => this.#unheardBy(machine.name, fault)));
    const losses = [...this.#faults].flatMap((fault) => (fault.kind === 'loss' ? [fault.share] : []));
    const rules = [
      ...[...deaf].map((address) => `ether saddr ${address} drop`),
      ...losses.map((share) => `numgen random mod 1000 < ${Math.max(1, Math.round(share * 1000))} drop`),
    ];
    const script = `table netdev chaos\ndelete table netdev chaos\ntable netdev chaos { chain in { type filter hook ingress device eth0 priority 0; ${rules.map((rule) => `${rule}; `).join('')}}; }`;
    if (script === this.#rules[index]) return;
    this.#rules[index] = script;
    await pipeInto('ip', ['netns', 'exec', machine.namespace as string, 'nft', '-f', '-'], script);
  }

  #unheardBy(name: string, fault: NetworkFault): readonly string[] {
    const address = (other: string): string => this.#hardware[this.#lab.machines.findIndex((machine) => machine.name === other)] as string;
    if (fault.kind === 'one-way') return fault.by === name ? [address(fault.from)] : [];
    if (fault.kind !== 'partition') return [];
    const inside = fault.side.includes(name);
    return this.#lab.machines.filter((other) => fault.side.includes(other.name) !== inside).map((other) => address(other.name));
  }

  /** All cables go through the shaper while there is a delay, and straight to the switch otherwise. */
  async #delay(): Promise<void> {
    const delays = [...this.#faults].filter((fault) => fault.kind === 'delay');
    const wanted = delays.length > 0;
    if (wanted) {
      this.#shaper ??= await startShaper(this.#bridge, this.#lab.machines.length);
      const [meanMs, jitterMs] = [delays.reduce((sum, one) => sum + one.meanMs, 0), delays.reduce((sum, one) => sum + one.jitterMs, 0)];
      // A frame passes two cables on its way.
      this.#shaper.stdin?.write(this.#lab.machines.map((_, index) => `${index} ${meanMs / 2} ${jitterMs / 2}\n`).join(''));
    }
    if (wanted === this.#shaped) return;
    this.#shaped = wanted;
    const moves = this.#lab.machines.map((_, index) => `link set p${index} master ${wanted ? `shape${index}` : 'br0'}`);
    // A switch that remembers where a machine was would send into the void until that machine says something.
    const lines = [...moves, ...['br0', ...this.#lab.machines.map((_, index) => `shape${index}`)].map((name) => `link set ${name} type bridge fdb_flush`)];
    await pipeInto('ip', ['-n', this.#bridge, '-batch', '-'], lines.join('\n'));
  }
}

/** A small switch a machine, to which its cable can be moved, and behind it a pair of TAP devices up to the real switch. */
async function startShaper(bridge: string, machines: number): Promise<ChildProcess> {
  const indexes = Array.from({ length: machines }, (_, index) => index);
  const names = indexes.flatMap((index) => [`near${index}`, `far${index}`]);
  const program = join(import.meta.dirname, 'shaper.pl');
  const shaper = spawn('ip', ['netns', 'exec', bridge, 'perl', program, ...names], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ready = await Promise.race([once(shaper.stdout, 'data').then(() => true), once(shaper, 'exit').then(() => false)]);
  if (!ready) throw new Error('the shaper of delays did not start (perl, /dev/net/tun?)');
  const lines = indexes.flatMap((index) => [
    `link add shape${index} type bridge`,
    `link set shape${index} up`,
    `link set near${index} master shape${index}`,
    `link set near${index} up`,
    `link set far${index} master br0`,
    `link set far${index} up`,
  ]);
  await pipeInto('ip', ['-n', bridge, '-batch', '-'], lines.join('\n'));
  return shaper;
}

async function pipeInto(file: string, words: readonly string[], input: string): Promise<void> {
  const child = spawn(file, words, { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdin.end(`${input}\n`);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${file} ${words.join(' ')} ended with ${code}: ${said}\n${input}`);
}
