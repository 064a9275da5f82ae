/** What callers of the HTTP API send and get about who belongs to the cluster. */
import type { HostId, NodeId } from '../model/job.ts';

/** `worker`: it runs tasks, and neither coordinates nor votes nor submits nor lets others in. */
export type MachineRole = 'member' | 'worker';

export interface InviteRequest {
  /** Default: member. */
  readonly role?: MachineRole | undefined;
  /** For how long; default 900. */
  readonly seconds?: number | undefined;
  /** Machines that it lets in; default 1. */
  readonly uses?: number | undefined;
  /** A person has to agree to each. */
  readonly approve?: boolean | undefined;
}

export interface InviteView {
  /** Names the invitation; no secret. */
  readonly id: string;
  /** One line for `supervm join`. A secret. */
  readonly line: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** A machine that waits for a person to compare the words. */
export interface NewcomerView {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly words: string;
}

/** Asking for it also says that somebody looks after the invitation: for some seconds machines of the local network may then knock. */
export interface InvitationView {
  readonly state: 'open' | 'used' | 'expired';
  readonly usesLeft: number;
  /** Names of those who were let in. */
  readonly admitted: readonly string[];
  readonly waiting: readonly NewcomerView[];
}

export interface ExpulsionReceipt {
  readonly node: NodeId;
  readonly name: string;
  /** Machines that have the removal on disk; the others learn of it when they are back. */
  readonly copies: readonly HostId[];
  /** What is left to do, for people. */
  readonly warnings: readonly { readonly code: string; readonly message: string; readonly hint: string }[];
}

export interface RecoveryReceipt {
  /** Machines that know by now that this one holds an admin key. */
  readonly copies: readonly HostId[];
}

export interface RotateRequest {
  /** For so long the old secret lets machines in that were off; default 30 days. */
  readonly seconds?: number | undefined;
}

export interface RotationReceipt {
  /** Of the secret that holds now. */
  readonly number: number;
  /** Unix milliseconds until which the old one lets machines in. */
  readonly until: number;
  /** Names of machines that were told at once; the others are when they come back. */
  readonly told: readonly string[];
}
