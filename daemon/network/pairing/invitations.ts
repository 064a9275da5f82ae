/** The invitations that are open, and how often each may still be used. Counted in one place and without waiting, so two at once are one after the other. */
import { SupervmError } from '../../../src/model/errors.ts';
import type { Clock, Randomness, Timer } from '../../clock.ts';
import type { MachineRole } from '../papers/certificate.ts';

export interface InvitationTerms {
  readonly role: MachineRole;
  readonly validMs: number;
  /** Machines that it lets in. */
  readonly uses: number;
  /** A person has to agree to each. */
  readonly approve: boolean;
}

export const usualTerms: InvitationTerms = { role: 'member', validMs: 15 * 60_000, uses: 1, approve: false };

export interface Invitation extends InvitationTerms {
  readonly id: string;
  readonly secret: Buffer;
  /** Unix milliseconds. */
  readonly expiresAt: number;
  usesLeft: number;
  isExpired: boolean;
  /** Names of those who were let in. */
  readonly admitted: string[];
}

/** Why somebody is turned away: a word for the audit, and the reason for people. */
export interface Refusal {
  readonly kind: 'used' | 'expired' | 'unknown' | 'void' | 'declined' | 'broken';
  readonly reason: string;
}

export const unknownInvitation: Refusal = { kind: 'unknown', reason: 'the invitation is not known here' };

/** A used or expired invitation is remembered for so long, so that a second use is told why it fails. */
const rememberedMs = 15 * 60_000;
const mostInvitations = 64;

export class Invitations {
  readonly #needs: { readonly clock: Clock; readonly randomness: Randomness };
  readonly #empty: () => void;
  readonly #open = new Map<string, Invitation>();
  readonly #timers = new Set<Timer>();

  /** `empty`: there is none left to answer for. */
  constructor(needs: { readonly clock: Clock; readonly randomness: Randomness }, empty: () => void) {
    this.#needs = needs;
    this.#empty = empty;
  }

  create(terms: InvitationTerms): Invitation {
    if (this.#open.size >= mostInvitations) {
      throw new SupervmError('not-allowed', `${mostInvitations} invitations are open already`, 'Use them, or wait until they expire.');
    }
    const { clock, randomness } = this.#needs;
    const invitation: Invitation = {
      ...terms,
      ...{ id: randomness.hex(8), secret: Buffer.from(randomness.hex(16), 'hex'), expiresAt: clock.wall() + terms.validMs },
      ...{ usesLeft: terms.uses, isExpired: false, admitted: [] },
    };
    this.#open.set(invitation.id, invitation);
    this.#after(terms.validMs, () => {
      invitation.isExpired = true;
    });
    this.#after(terms.validMs + rememberedMs, () => {
      this.#open.delete(invitation.id);
      if (this.#open.size === 0) this.#empty();
    });
    return invitation;
  }

  get(id: string): Invitation | undefined {
    return this.#open.get(id);
  }

  /** Why the invitation cannot be used; undefined when it can. */
  refusalOf(invitation: Invitation | undefined): Refusal | undefined {
    if (invitation === undefined) return unknownInvitation;
    if (invitation.isExpired) return { kind: 'expired', reason: 'the invitation has expired' };
    if (invitation.usesLeft === 0) return { kind: 'used', reason: `the invitation was used already, by ${invitation.admitted.join(', ')}` };
    return undefined;
  }

  /** Somebody was let in by it. */
  used(invitation: Invitation, name: string): void {
    invitation.usesLeft -= 1;
    invitation.admitted.push(name);
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#open.clear();
  }

  #after(milliseconds: number, run: () => void): void {
    const timer = this.#needs.clock.after(milliseconds, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }
}
