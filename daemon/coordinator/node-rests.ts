/** Nodes that get nothing new for a moment because something went wrong there: a full disk must not eat a whole job. */
import type { NodeId, TaskFailure } from '../../src/model/job.ts';
import { diskRefusal } from './disk-refusal.ts';
import type { CoordinatorOptions } from './options.ts';

export interface Rest {
  /** In words, without the node's name. */
  readonly reason: string;
  /** The node's disk is the cause. */
  readonly ofDisk: boolean;
}

interface TimedRest extends Rest {
  readonly until: number;
  readonly inRow: number;
}

export class NodeRests {
  readonly #options: Pick<CoordinatorOptions, 'restMs' | 'longestRestMs'>;
  readonly #rests = new Map<NodeId, TimedRest>();

  constructor(options: Pick<CoordinatorOptions, 'restMs' | 'longestRestMs'>) {
    this.#options = options;
  }

  /** A task failed there through the node's fault. Returns for how many milliseconds it rests. */
  failed(node: NodeId, { code, message }: Pick<TaskFailure, 'code' | 'message'>, now: number): number {
    const inRow = (this.#rests.get(node)?.inRow ?? 0) + 1;
    const milliseconds = Math.min(this.#options.longestRestMs, this.#options.restMs * 2 ** (inRow - 1));
    const refusal = diskRefusal(code);
    const reason = `rests after a failure: ${refusal === undefined ? message : `${refusal} (${message})`}`;
    this.#rests.set(node, { until: now + milliseconds, reason, ofDisk: refusal !== undefined, inRow });
    return milliseconds;
  }

  /** It did not take a task; that says nothing about the next one a little later. */
  refused(node: NodeId, reason: string, now: number): number {
    const inRow = this.#rests.get(node)?.inRow ?? 0;
    this.#rests.set(node, { until: now + this.#options.restMs, reason: `did not take a task: ${reason}`, ofDisk: false, inRow });
    return this.#options.restMs;
  }

  worked(node: NodeId): void {
    this.#rests.delete(node);
  }

  of(node: NodeId, now: number): Rest | undefined {
    const rest = this.#rests.get(node);
    return rest !== undefined && now < rest.until ? rest : undefined;
  }
}
