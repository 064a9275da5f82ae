/** Everything that chaos and soak run on: machines with small disks, clocks that can be moved, a network that can be broken. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fakedClock } from '../support/faked-clock.ts';
import { Lab } from '../support/lab.ts';
import { writeClusterKey } from '../support/start-cluster.ts';
import { LabNetwork } from './faults/network.ts';
import type { Recorder } from './recorder.ts';
import { Station } from './station.ts';
import { openTaskPipe, pipePlace } from './task-pipe.ts';

export interface LaboratoryOptions {
  readonly nodes: number;
  /** Of each machine's home. */
  readonly diskBytes: number;
  readonly movesClocks: boolean;
}

export class Laboratory implements AsyncDisposable {
  readonly lab: Lab;
  readonly stations: readonly Station[];
  readonly network: LabNetwork;
  readonly #pipes: readonly Disposable[];

  private constructor(lab: Lab, stations: readonly Station[], network: LabNetwork, pipes: readonly Disposable[]) {
    this.lab = lab;
    this.stations = stations;
    this.network = network;
    this.#pipes = pipes;
  }

  /** No daemon runs yet. */
  static create({ nodes, diskBytes, movesClocks }: LaboratoryOptions, needs: { readonly recorder: Recorder }): Laboratory {
    const { recorder } = needs;
    const folder = execFileSync('mktemp', ['-d', '/tmp/svm-chaos-XXXXXX'], { encoding: 'utf8' }).trim();
    const clockFile = (index: number): string => join(folder, `clock-${index}`);
    const pipeFolder = (index: number): string => join(folder, `pipe-${index}`);
    if (movesClocks) for (let index = 0; index < nodes; index += 1) writeFileSync(clockFile(index), '+0\n');
    const variables = (index: number): { readonly [name: string]: string } => (movesClocks ? fakedClock(clockFile(index)) : {});
    const lab = Lab.create({ nodes, folder, jobTypes: ['beat'], variables, binds: (index) => ({ [pipePlace]: pipeFolder(index) }) });
    const flags = ['--cluster-key', writeClusterKey(lab), '--without', 'blender'];
    const stations = lab.machines.map(
      (machine, index) => new Station({ machine, flags, diskBytes, clockFile: movesClocks ? clockFile(index) : undefined }, { recorder }),
    );
    for (const station of stations) station.mountDisk();
    const pipes = stations.map(({ name }, index) => openTaskPipe(pipeFolder(index), (word) => recorder.record({ type: 'task', node: name, ...word })));
    return new Laboratory(lab, stations, new LabNetwork(lab), pipes);
  }

  saveLogs(folder: string): void {
    mkdirSync(folder, { recursive: true });
    for (const { name } of this.stations) copyFileSync(join(this.lab.folder, `${name}.out`), join(folder, `${name}.out`));
    for (const station of this.stations) station.saveLogs(folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.network.close();
    for (const station of this.stations) station.signal('SIGCONT', 'machine');
    await Promise.all(this.stations.map((station) => station.kill('SIGKILL')));
    for (const station of this.stations) {
      station.killAll();
      station.unmountDisk();
    }
    for (const pipe of this.#pipes) pipe[Symbol.dispose]();
    await this.lab[Symbol.asyncDispose]();
  }
}
