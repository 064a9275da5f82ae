/** Nodes that get nothing new for a moment because something went wrong there: a full disk must not eat a whole job. */
import type { NodeId } from '../../src/model/job.ts';
import type { CoordinatorOptions } from './options.ts';

interface Rest {
  readonly until: number;
  readonly reason: string;
  readonly inRow: number;
}

export class NodeRests {
  readonly #options: Pick<CoordinatorOptions, 'restMs' | 'longestRestMs'>;
  readonly #rests = new Map<NodeId, Rest>();

  constructor(options: Pick<CoordinatorOptions, 'restMs' | 'longestRestMs'>) {
    this.#options = options;
  }

  /** A task failed there through the node's fault. Returns for how many milliseconds it rests. */
  failed(node: NodeId, reason: string, now: number): number {
    const inRow = (this.#rests.get(node)?.inRow ?? 0) + 1;
    const milliseconds = Math.min(this.#options.longestRestMs, this.#options.restMs * 2 ** (inRow - 1));
    this.#rests.set(node, { until: now + milliseconds, reason: `rests after a failure: ${reason}`, inRow });
    return milliseconds;
  }

  /** It did not take a task; that says nothing about the next one a little later. */
  refused(node: NodeId, reason: string, now: number): number {
    const inRow = this.#rests.get(node)?.inRow ?? 0;
    this.#rests.set(node, { until: now + this.#options.restMs, reason: `did not take a task: ${reason}`, inRow });
    return this.#options.restMs;
  }

  worked(node: NodeId): void {
    this.#rests.delete(node);
  }

  reasonOf(node: NodeId, now: number): string | undefined {
    const rest = this.#rests.get(node);
    return rest !== undefined && now < rest.until ? rest.reason : undefined;
  }
}
