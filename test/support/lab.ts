/**
 * A laboratory of real daemons: each in a network and mount namespace of its own on one bridge, as three machines on one switch,
 * or, where namespaces are not permitted, side by side on loopback ports. Needs root, iproute2 and util-linux for the former.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { descendantsOf, ofNamespace } from '../chaos/processes.ts';
import { endLauncher } from './end-launcher.ts';
import { Machine } from './lab-machine.ts';

export type LabLevel = 'namespaces' | 'ports';

export interface LabOptions {
  readonly nodes: number;
  readonly level?: LabLevel;
  /** Give each machine a default route (to an address that answers nothing). */
  readonly defaultRoute?: boolean;
  /** Folders that only the first machine can see: an empty file system is mounted over them on the others. */
  readonly hidden?: readonly string[];
  /** Where homes are made; removed at the end. Default: a new folder below the system's temporary folder. */
  readonly folder?: string;
  /** Job types of test/support/job-types that every machine's user has, e.g. `naps`. */
  readonly jobTypes?: readonly string[];
  /** Bytes of a small tmpfs that holds the home of machine number `index` (from 0). */
  readonly diskBytes?: { readonly [index: number]: number };
  /** Variables for everything that runs on machine number `index`. */
  variables?(index: number): { readonly [name: string]: string };
  /** Folders that the daemon of machine number `index` sees in place of others: source by place. */
  binds?(index: number): { readonly [place: string]: string };
}

const supervm: string = resolve(import.meta.dirname, '../../bin/supervm');

/** Why namespaces cannot be used here, or undefined when they can. */
export function namespacesMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  const name = `svm-probe-${randomBytes(3).toString('hex')}`;
  try {
    execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' });
    execFileSync('ip', ['netns', 'exec', name, 'unshare', '--mount', 'true'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `network namespaces are not permitted (${(error as Error).message.split('\n')[0]})`;
  } finally {
    execFile('ip', ['netns', 'del', name], () => undefined);
  }
}

export class Lab implements AsyncDisposable {
  readonly machines: readonly Machine[];
  readonly folder: string;
  readonly level: LabLevel;
  /** The namespace of the switch; `p<index>` in it is the socket of machine `index`. */
  readonly bridge: string | undefined;

  private constructor(folder: string, level: LabLevel, machines: readonly Machine[], bridge: string | undefined) {
    this.folder = folder;
    this.level = level;
    this.machines = machines;
    this.bridge = bridge;
  }

  /** Sets up machines without starting daemons. */
  static create(options: LabOptions): Lab {
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'svm-lab-'));
    mkdirSync(folder, { recursive: true });
    const level = options.level ?? 'namespaces';
    const tag = `svm${randomBytes(2).toString('hex')}`;
    const bridge = level === 'namespaces' ? `${tag}b` : undefined;
    if (bridge !== undefined) {
      ip('netns', 'add', bridge);
      ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge');
      ip('-n', bridge, 'addr', 'add', '10.77.0.254/24', 'dev', 'br0');
      ip('-n', bridge, 'link', 'set', 'br0', 'up');
    }
    const machines = Array.from({ length: options.nodes }, (_, index) => {
      const name = `n${index + 1}`;
      const home = join(folder, name);
      mkdirSync(home, { mode: 0o700 });
      const namespace = bridge === undefined ? undefined : `${tag}${name}`;
      if (namespace !== undefined && bridge !== undefined) plug(bridge, namespace, index, options.defaultRoute ?? false);
      return new Machine({
        name,
        home,
        namespace,
        hidden: index === 0 ? [] : (options.hidden ?? []),
        diskBytes: options.diskBytes?.[index],
        jobTypes: options.jobTypes ?? [],
        variables: options.variables?.(index) ?? {},
        binds: options.binds?.(index) ?? {},
        supervm,
        log: openSync(join(folder, `${name}.out`), 'a'),
      });
    });
    return new Lab(folder, level, machines, bridge);
  }

  machine(index: number): Machine {
    const machine = this.machines[index];
    if (machine === undefined) throw new RangeError(`no machine ${index}`);
    return machine;
  }

  /** Runs `nft` rules in a machine's namespace, e.g. to drop multicast. */
  filter(index: number, ...rules: readonly string[]): void {
    const namespace = this.machine(index).namespace;
    if (namespace === undefined) throw new Error('filtering needs namespaces');
    for (const rule of rules) execFileSync('ip', ['netns', 'exec', namespace, 'nft', rule], { stdio: 'pipe' });
  }

  /** Unplugs or replugs a machine's cable. */
  cable(index: number, plugged: boolean): void {
    if (this.bridge === undefined) throw new Error('cables need namespaces');
    ip('-n', this.bridge, 'link', 'set', `p${index}`, plugged ? 'up' : 'down');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.machines.map((machine) => machine.kill('SIGKILL')));
    await Promise.all(this.machines.map((machine) => endLauncher(machine.home)));
    // What was started by `up`, or lives on behind a small disk of its own.
    for (const { namespace } of this.machines) if (namespace !== undefined) killAllOf(namespace);
    for (const machine of this.machines) if (machine.namespace !== undefined) ip('netns', 'del', machine.namespace);
    if (this.bridge !== undefined) ip('netns', 'del', this.bridge);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function killAllOf(namespace: string): void {
  const inside = ofNamespace(namespace);
  for (const pid of [...inside, ...descendantsOf(...inside)]) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

function ip(...arguments_: readonly string[]): void {
  execFileSync('ip', arguments_, { stdio: ['ignore', 'pipe', 'pipe'] });
}

function plug(bridge: string, namespace: string, index: number, defaultRoute: boolean): void {
  ip('netns', 'add', namespace);
  ip('-n', namespace, 'link', 'set', 'lo', 'up');
  ip('-n', bridge, 'link', 'add', `p${index}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
  ip('-n', bridge, 'link', 'set', `p${index}`, 'master', 'br0', 'up');
  ip('-n', namespace, 'addr', 'add', `10.77.0.${index + 1}/24`, 'dev', 'eth0');
  ip('-n', namespace, 'link', 'set', 'eth0', 'up');
  if (defaultRoute) ip('-n', namespace, 'route', 'add', 'default', 'via', '10.77.0.254');
}

/** Runs a program to its end outside any namespace; rejects with its output when it fails. */
export async function execute(file: string, arguments_: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const child = spawn(file, arguments_, { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${file} ended with ${code}:\n${output}`);
  return output;
}
