/**
 * When the attempts of a node that cannot be reached are placed again. A daemon that died has closed its connection, and nothing of it is waited for.
 * One that is only silent works on, and its cable or router is often back within moments: placing at once would do its tasks twice.
 */
import type { NodeId } from '../../src/model/job.ts';
import type { Timer } from '../clock.ts';
import type { Clock, Membership, Messenger } from './needs.ts';

export interface SilencesNeeds {
  readonly clock: Clock;
  readonly membership: Pick<Membership, 'member'>;
  readonly messenger: Pick<Messenger, 'connected'>;
  /** What it has is placed again. */
  lose(node: NodeId): void;
}

export class Silences {
  readonly #silentMs: number;
  readonly #needs: SilencesNeeds;
  readonly #waiting = new Map<NodeId, Timer>();

  /** `silentMs`: how long one is waited for that is only silent. */
  constructor({ silentMs }: { readonly silentMs: number }, needs: SilencesNeeds) {
    this.#silentMs = silentMs;
    this.#needs = needs;
  }

  /** It cannot be reached, or has left. */
  miss(node: NodeId): void {
    const { clock, membership, messenger } = this.#needs;
    const isSilent = membership.member(node)?.reachability === 'unreachable' && messenger.connected().includes(node);
    if (!isSilent) this.#lose(node);
    else if (!this.#waiting.has(node))
      this.#waiting.set(
        node,
        clock.after(this.#silentMs, () => this.#lose(node)),
      );
  }

  /** It is there. */
  hear(node: NodeId): void {
    this.#waiting.get(node)?.cancel();
    this.#waiting.delete(node);
  }

  end(): void {
    for (const node of [...this.#waiting.keys()]) this.hear(node);
  }

  #lose(node: NodeId): void {
    this.hear(node);
    this.#needs.lose(node);
  }
}
