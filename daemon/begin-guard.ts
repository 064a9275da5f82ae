/**
 * Opening a session takes a task most of a second, and meanwhile its machine may have been cut off from who assigned it: then it is most likely given to
 * another one. A task that has not begun waits until that is clear; what runs goes on.
 */
import type { NodeId } from '../src/model/job.ts';
import type { Clock } from './clock.ts';
import { CutOff, type CutOffNeeds, cutOffRestMs } from './coordinator/cut-off.ts';
import type { Membership } from './membership/membership.ts';

export interface BeginGuardNeeds extends Omit<CutOffNeeds, 'membership' | 'leadership'> {
  readonly membership: Pick<Membership, 'self' | 'member' | 'missedBeats' | 'onChange'>;
  readonly leadership: Pick<CutOffNeeds['leadership'], 'voters'> & { current(): { readonly node: NodeId } | undefined };
}

/** Heartbeats that the coordinator has missed when its tasks begin no more. */
const mostMissed = 2.5;
const lookMs = 100;

export class BeginGuard {
  readonly #needs: BeginGuardNeeds;
  readonly #cutOff: CutOff;

  /** `startedAt`: when this daemon began, clock milliseconds. */
  constructor({ startedAt }: { readonly startedAt: number }, needs: BeginGuardNeeds) {
    this.#needs = needs;
    // When the others are back it is the coordinator who decides, and it says so by assigning or stopping tasks.
    this.#cutOff = new CutOff({ startedAt }, { ...needs, leadership: { voters: () => needs.leadership.voters(), quorate: () => true } });
    needs.membership.onChange(() => this.#cutOff.look());
  }

  /**
   * Resolves when the task may begin, or nobody wants it any more, and after twenty seconds whatever is the case.
   * @param since clock milliseconds at which it came here
   * @param submitter of its job
   */
  async wait(since: number, submitter: NodeId, signal: AbortSignal): Promise<void> {
    const { clock } = this.#needs;
    const until = clock.now() + cutOffRestMs;
    while (!signal.aborted && clock.now() < until && this.#mayBeGivenAway(since, submitter)) await pause(clock);
  }

  #mayBeGivenAway(since: number, submitter: NodeId): boolean {
    const { membership, messenger, leadership } = this.#needs;
    const coordinator = leadership.current()?.node;
    // One that died has closed its connection: its tasks are adopted by the next.
    const isSilent = coordinator !== undefined && coordinator !== membership.self && messenger.connected().includes(coordinator);
    return (isSilent && (membership.missedBeats?.(coordinator) ?? 0) > mostMissed) || this.#cutOff.holds(since, submitter);
  }
}

function pause(clock: Clock): Promise<void> {
  return new Promise((resolve) => void clock.after(lookMs, resolve));
}
