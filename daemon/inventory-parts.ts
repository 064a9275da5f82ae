/** The inventory as daemon.ts needs it: read once before anything is built, told to the others from then on. */
import { existsSync, readdirSync } from 'node:fs';
import type { Inventory } from '../src/model/inventory.ts';
import type { HostId } from '../src/model/job.ts';
import type { DaemonSettings } from '../src/settings/daemon-settings.ts';
import { findOwnJobTypes, typeFile } from '../src/settings/own-job-types.ts';
import type { Paths } from '../src/settings/paths.ts';
import { pluginsFolder, programFile } from '../src/settings/program-files.ts';
import type { Clock, Randomness } from './clock.ts';
import { advertisedDevices, type GpuDevice } from './inventory/gpu-devices.ts';
import { findHostId } from './inventory/host-id.ts';
import { InventoryWatch } from './inventory/inventory-watch.ts';
import type { Log } from './log/log.ts';
import type { Membership } from './membership/membership.ts';
import { ownTypesWatch } from './own-job-types.ts';

interface Needs {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}

/** Longest wait of a submission for the programs of this node: enough for a start of Blender. */
const programsMs = 5_000;

export interface InventoryParts {
  readonly host: HostId;
  now(): Inventory;
  /** The GPUs told there, as this machine has them. */
  gpus(): readonly GpuDevice[];
  /** Reads again at once: something changed. */
  look(): void;
  /** Resolves once the programs have been looked for, or after 5 s. */
  programsKnown(): Promise<void>;
  /** Tells the members what this node has, now and whenever that changes, with labels that are known only once everything runs. */
  follow(membership: Membership, labels: Inventory['labels']): void;
  /** Tells one label more, or no longer. */
  label(name: string, value: string | undefined): void;
  stop(): Promise<void>;
}

/** Programs and graphics devices are looked for in the background: they are told when they are found. */
export async function openInventory(options: { readonly paths: Paths; readonly settings: DaemonSettings }, needs: Needs): Promise<InventoryParts> {
  const { paths, settings } = options;
  const log = needs.log.of('inventory');
  const host = await findHostId({ given: settings.hostId, homeFolder: paths.home }, needs);
  const more = new Map<string, string>();
  let tell: (inventory: Inventory) => void = () => undefined;
  const watch = new InventoryWatch(
    {
      folder: paths.home,
      labels: {},
      ownTypes: ownTypesWatch(paths.jobTypes, (file, error) => log.warn('a job type cannot be used', { file, error })),
      detectors: [...detectors(), ...ownDetectors(paths.jobTypes)],
      without: settings.without,
      onProblem: (detector, error) => log.warn('something of this machine cannot be read', { detector, error }),
    },
    { clock: needs.clock, publish: (inventory) => tell(inventory) },
  );
  await watch.start();
  return {
    host,
    now: () => watch.current(),
    gpus: () => advertisedDevices(watch.current()),
    look: () => void watch.lookNow(),
    async programsKnown() {
      const late = Promise.withResolvers<void>();
      const timer = needs.clock.after(programsMs, late.resolve);
      await Promise.race([watch.detected().then(() => watch.lookNow()), late.promise]);
      timer.cancel();
    },
    follow(membership, labels) {
      tell = (inventory) => membership.update({ inventory: { ...inventory, labels: { ...inventory.labels, ...labels, ...Object.fromEntries(more) } } });
      tell(watch.current());
    },
    label(name, value) {
      if (value === undefined) more.delete(name);
      else more.set(name, value);
      tell(watch.current());
    },
    stop: () => watch.stop(),
  };
}

function detectors(): readonly string[] {
  const types = readdirSync(pluginsFolder(), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return types.map((entry) => programFile(`plugins/${entry.name}/detect.ts`)).filter((file) => existsSync(file));
}

function ownDetectors(folder: string): readonly string[] {
  return findOwnJobTypes(folder).types.flatMap((type) => typeFile(type, 'detect') ?? []);
}
