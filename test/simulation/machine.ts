/** A machine of the simulation as checks and users see it. */
import type { MemoryBlobDisk } from '../../daemon/blobs/memory-blob-disk.ts';
import type { ControlPlane } from '../../daemon/control-plane.ts';
import type { MemoryDisk, MemoryStore } from '../../daemon/records/memory-store.ts';
import type { ProcessClock } from '../support/process-clock.ts';
import type { DiskContents } from './disk-contents.ts';
import type { NodePlan } from './plan.ts';
import type { TaskHost } from './task-host.ts';

/** One process, from its boot to its death. */
export interface Life {
  readonly number: number;
  readonly clock: ProcessClock;
  readonly plane: ControlPlane;
  readonly store: MemoryStore;
  /** Resolves when the process dies. */
  readonly over: Promise<void>;
  end(): void;
  /** Leaves the network in good order. */
  stop(): Promise<void>;
  unsyncedWrites: number;
  ready: boolean;
  /** When it first reached somebody else, milliseconds of the world. */
  metAt: number | undefined;
}

export interface Machine {
  readonly plan: NodePlan;
  readonly disk: MemoryDisk;
  readonly contents: DiskContents;
  readonly blobDisk: MemoryBlobDisk;
  readonly host: TaskHost;
  /** Undefined while no process runs. */
  readonly life: Life | undefined;
  /** When it was stopped or slept last, milliseconds of the world. */
  readonly deafFrom: number;
  readonly deafUntil: number;
  /** Belongs to the cluster: it has joined and has not left for good. */
  readonly isMember: boolean;
}
