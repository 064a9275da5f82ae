/** What a node has and what is free now. Nothing here is ever invented: what the machine does not tell is absent. */
import type { HostId, NodeId } from './job.ts';

export interface Program {
  /** `blender`, `ffmpeg`, ... as job types name them in their requirements. */
  readonly name: string;
  readonly version: string;
  readonly path: string;
  /** e.g. `denoise`, `cycles`: what this build can do. */
  readonly features: readonly string[];
}

export interface Gpu {
  readonly model: string;
  readonly memoryBytes?: number;
  readonly driver?: string;
  /** Its place on the bus; absent where it cannot be given to one task alone. */
  readonly device?: string;
}

export interface Inventory {
  /** Cores tasks may use: cgroup quota where one is set, may be fractional. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  readonly freeDiskBytes: number;
  readonly gpus: readonly Gpu[];
  readonly programs: readonly Program[];
  readonly labels: { readonly [name: string]: string };
  readonly platform: string;
  readonly architecture: string;
  /** 0..1 of the cores, averaged since the last update. */
  readonly cpuLoad: number;
}

/** A node with this label takes no tasks and stops once those it has have ended: to unpause it changes nothing. */
export const drainingLabel = 'draining';

export function isDraining({ labels }: Pick<Inventory, 'labels'>): boolean {
  return labels[drainingLabel] !== undefined;
}

/** A node as everybody knows it. */
export interface NodeFacts {
  readonly id: NodeId;
  readonly name: string;
  readonly host: HostId;
  /** Version of supervm. */
  readonly version: string;
  /** Drawn at every start, higher each time: a restarted node is not the one that vanished. */
  readonly incarnation: number;
  /** `host:port` texts at which it can be dialled. */
  readonly addresses: readonly string[];
  /** It runs tasks, and neither coordinates nor votes nor submits: as its certificate says, which whoever is connected to it has seen. Absent for members. */
  readonly role?: 'worker';
  /** Takes no new tasks while true. */
  readonly paused: boolean;
  readonly inventory: Inventory;
  /** Counts updates of these facts within an incarnation; the higher wins. */
  readonly revision: number;
}

/** `restarting`: it said that it is back in a moment, with the tasks it has. */
export type Reachability = 'alive' | 'suspect' | 'unreachable' | 'left' | 'restarting';
