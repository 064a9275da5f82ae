/** Does to a laboratory what a fault says, and undoes it. */

import { pause } from '../../../src/cli/clock.ts';
import type { SeededRandomness } from '../../support/seeded-randomness.ts';
import type { Recorder } from '../recorder.ts';
import type { Station } from '../station.ts';
import type { Fault } from './kinds.ts';
import type { LabNetwork } from './network.ts';
import type { Profile } from './profile.ts';

export interface StrikeNeeds {
  readonly stations: readonly Station[];
  readonly network: LabNetwork;
  readonly recorder: Recorder;
  readonly draw: SeededRandomness;
  /** Resolves at the next acknowledgement by the node, or after the time. */
  acknowledged(node: string, withinMs: number): Promise<void>;
}

const acknowledgementMs = 8000;

/** All daemons are started within this time, in random order. */
const startWithinMs = 50;

/**
 * Each lane's faults in turn: on a busy machine a daemon may take longer to come back than planned, and only then is the next one due.
 * Resolves when all struck daemons answer again.
 */
export async function strikeAll(faults: readonly Fault[], profile: Profile, needs: StrikeNeeds, signal: AbortSignal): Promise<void> {
  const numbered = faults.map((fault, number) => ({ fault, number }));
  const lanes = Map.groupBy(numbered, ({ fault }) => profile.shapes[fault.kind].lane);
  await Promise.all(
    [...lanes.values()].map(async (lane) => {
      for (const { fault, number } of lane) await strike(number, fault, { ...needs, draw: needs.draw.fork(`fault ${number}`) }, signal);
    }),
  );
}

/** An abort undoes it early. */
async function strike(number: number, fault: Fault, needs: StrikeNeeds, signal: AbortSignal): Promise<void> {
  const { recorder } = needs;
  await pause(fault.from - recorder.now(), signal);
  if (signal.aborted) return;
  const { kind, nodes, strength } = fault;
  if (fault.onAcknowledgement) await needs.acknowledged(nodes[0] ?? '', acknowledgementMs);
  const line = { type: 'fault', fault: number, kind, nodes, strength } as const;
  recorder.record({ ...line, happened: 'began' });
  const undo = await begin(fault, needs);
  await pause(fault.until - fault.from, signal);
  await undo();
  recorder.record({ ...line, happened: 'ended' });
}

type Undo = () => Promise<void>;

async function begin(fault: Fault, { stations, network, draw }: StrikeNeeds): Promise<Undo> {
  const struck = stations.filter(({ name }) => fault.nodes.includes(name));
  const [first, second] = fault.nodes.map((name) => stations.find((station) => station.name === name));
  if (first === undefined) throw new Error(`a ${fault.kind} strikes nobody`);
  switch (fault.kind) {
    case 'kill':
    case 'kill-all':
      await endAll(struck, 'SIGKILL');
      return () => startAll(struck, draw);
    case 'restart':
      await endAll(struck, 'SIGTERM');
      return () => startAll(struck, draw);
    case 'wipe':
      await endAll(struck, 'SIGKILL');
      // The whole machine is gone, with what it was doing.
      first.killAll();
      first.wipeDisk();
      return () => startAll(struck, draw);
    case 'stop':
    case 'sleep': {
      const extent = fault.kind === 'stop' ? 'daemon' : 'machine';
      first.signal('SIGSTOP', extent);
      return async () => first.signal('SIGCONT', extent);
    }
    case 'partition':
      return network.add({ kind: 'partition', side: fault.nodes });
    case 'one-way':
      return network.add({ kind: 'one-way', from: first.name, by: second?.name ?? first.name });
    case 'loss':
      return network.add({ kind: 'loss', share: fault.strength });
    case 'delay':
      return network.add({ kind: 'delay', meanMs: fault.strength, jitterMs: fault.strength * 0.8 });
    case 'full-disk':
      first.fillDisk();
      return async () => first.freeDisk();
    case 'clock':
      first.moveClock(fault.strength);
      return async () => first.moveClock(0);
  }
}

async function endAll(stations: readonly Station[], signal: NodeJS.Signals): Promise<void> {
  await Promise.all(stations.map((station) => station.kill(signal)));
}

async function startAll(stations: readonly Station[], draw: SeededRandomness): Promise<void> {
  const order = stations.map((station) => ({ station, place: draw.fraction() })).sort((a, b) => a.place - b.place);
  await Promise.all(
    order.map(async ({ station, place }) => {
      await pause(order.length === 1 ? 0 : place * startWithinMs);
      station.launch();
      // That it does not come back is a finding, and the run goes on without it.
      await station.ready().catch((error: Error) => station.gaveUp(error.message));
    }),
  );
}
