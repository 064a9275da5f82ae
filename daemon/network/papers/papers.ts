/**
 * What this node shows to others and how it judges what they show: its own certificate, the admin keys and removals that it knows, and,
 * where it holds an admin key, the power to certify. What it learns is on disk before it counts.
 */
import { createHash } from 'node:crypto';
import type { AdminAdded, MemberRemoved } from '../../../src/model/cluster-facts.ts';
import type { NodeId } from '../../../src/model/job.ts';
import type { Clock } from '../../clock.ts';
import type { AdminKey, AdminKeyId } from './admin-key.ts';
import { Admins } from './admins.ts';
import { issueCertificate, lastTime, type MachineRole, readCertificate, type SignedCertificate } from './certificate.ts';
import { type Accepted, judgePapers, type PapersShown, type Refused } from './papers-shown.ts';
import { signAdmin, signRemoval } from './signed-facts.ts';

const dayMs = 24 * 3_600_000;
const validMs = 30 * dayMs;
/** With less left a certificate is replaced. */
const renewMs = 10 * dayMs;
/** Whoever was off for longer than that after the end of its certificate has to be invited again. */
const lateRenewalMs = 365 * dayMs;
/** Certificates of others that are remembered. */
const mostMet = 4096;

export interface MetCertificate {
  readonly serial: number;
  /** SHA-256 of its text, base64url: another one with the same serial is another one. */
  readonly digest: string;
}

/** What is kept from one start to the next. */
export interface PapersState {
  readonly certificate?: string;
  /** In the order in which they were learned. */
  readonly admins: readonly AdminAdded[];
  readonly removals: readonly MemberRemoved[];
  /** The certificate that each node showed last. */
  readonly met: { readonly [node: NodeId]: MetCertificate };
}

export const noPapers: PapersState = { admins: [], removals: [], met: {} };

export interface PapersOptions {
  readonly self: NodeId;
  readonly cluster: string;
  /** The founder's admin key. */
  readonly root: AdminKeyId;
  readonly adminKey?: AdminKey | undefined;
  /** Every holder of the key file has the root: nothing is gained by remembering who was met. */
  readonly isKeyFile: boolean;
  readonly state: PapersState;
}

export interface PapersNeeds {
  readonly clock: Pick<Clock, 'wall'>;
  /** Throws when the disk refuses. */
  keep(state: PapersState): void;
}

export class Papers {
  readonly #options: PapersOptions;
  readonly #needs: PapersNeeds;
  readonly #admins: Admins;
  readonly #met: Map<NodeId, MetCertificate>;
  readonly #listeners: ((removal: MemberRemoved) => void)[] = [];
  #adminKey: AdminKey | undefined;
  #own: SignedCertificate | undefined;

  constructor(options: PapersOptions, needs: PapersNeeds) {
    const { cluster, root, state, adminKey } = options;
    this.#options = options;
    this.#needs = needs;
    this.#adminKey = adminKey;
    this.#admins = new Admins({ cluster, root, admins: state.admins, removals: state.removals });
    this.#met = new Map(Object.entries(state.met));
    this.#own = state.certificate === undefined ? undefined : readCertificate(state.certificate);
  }

  get self(): NodeId {
    return this.#options.self;
  }

  get role(): MachineRole {
    return this.#own?.role ?? 'member';
  }

  /** The admin key of this node; undefined where it has none that counts. */
  get adminKey(): AdminKey | undefined {
    const key = this.#adminKey;
    return key !== undefined && this.#admins.isKnown(key.id) && !this.isRemoved(this.#options.self) && this.#admins.removedHolder(key.id) === undefined
      ? key
      : undefined;
  }

  get admins(): Admins {
    return this.#admins;
  }

  isRemoved(node: NodeId): boolean {
    return this.#admins.removal(node) !== undefined;
  }

  onRemoved(listener: (removal: MemberRemoved) => void): void {
    this.#listeners.push(listener);
  }

  /** For the hello. A holder of an admin key renews its own certificate here when it is time; undefined when this node has none. */
  shown(): PapersShown | undefined {
    const { adminKey } = this;
    if (adminKey !== undefined && (this.#own === undefined || this.#isDue(this.#own))) {
      this.#own = this.#issue(this.#options.self, this.role, adminKey);
      if (!this.#options.isKeyFile) this.#keep();
    }
    return this.#own === undefined ? undefined : this.#shown(this.#own);
  }

  judge(peer: NodeId, shown: PapersShown | undefined): Accepted | Refused {
    // From the founder's key on; what hangs in the air is not kept for somebody who may be a stranger.
    for (const admin of shown?.admins ?? []) if (this.#admins.isKnown(admin.signedBy)) this.learn(admin);
    const verdict = judgePapers(peer, shown, {
      cluster: this.#options.cluster,
      now: this.#needs.clock.wall(),
      removal: (node) => this.#admins.removal(node),
      isKnown: (key) => this.#admins.isKnown(key),
      removedHolder: (key) => this.#admins.removedHolder(key),
      wasMet: ({ node, text }) => this.#met.get(node)?.digest === digestOf(text),
    });
    if ('role' in verdict) this.#meet(verdict.certificate);
    return verdict;
  }

  /** New papers for a machine whose certificate ends soon, has ended while it was off, or comes from a removed machine; undefined when none are due, or this node cannot issue any. */
  renewalFor(certificate: SignedCertificate): PapersShown | undefined {
    const { adminKey } = this;
    const isLate = this.#needs.clock.wall() > certificate.notAfter + lateRenewalMs;
    if (adminKey === undefined || isLate || this.isRemoved(certificate.node) || !this.#isDue(certificate)) return undefined;
    return this.#shown(this.#issue(certificate.node, certificate.role, adminKey, certificate.serial));
  }

  /** Papers for a machine that is let in. Throws nothing; undefined when this node holds no admin key that counts. */
  admit(node: NodeId, role: MachineRole): PapersShown | undefined {
    const { adminKey } = this;
    if (adminKey === undefined || this.isRemoved(node)) return undefined;
    const certificate = this.#issue(node, role, adminKey);
    this.#meet(certificate);
    return this.#shown(certificate);
  }

  /** Says that the holder of this key may certify too. Throws nothing; undefined without an admin key. */
  certifyAdmin(key: AdminKeyId, name: NodeId | 'recovery'): AdminAdded | undefined {
    const { adminKey } = this;
    if (adminKey === undefined) return undefined;
    const fact = signAdmin(this.#options.cluster, { at: this.#needs.clock.wall(), key, name }, adminKey);
    this.learn(fact);
    return fact;
  }

  /** By the word of a recovery key this node holds an admin key again. Undefined where the cluster does not know that key, or this node may hold none. */
  recover(recovery: AdminKey, own: AdminKey): AdminAdded | undefined {
    const { self, cluster, isKeyFile } = this.#options;
    const counts = this.#admins.isKnown(recovery.id) && this.#admins.removedHolder(recovery.id) === undefined;
    if (!counts || isKeyFile || this.role === 'worker' || this.isRemoved(self)) return undefined;
    const fact = signAdmin(cluster, { at: this.#needs.clock.wall(), key: own.id, name: self }, recovery);
    this.learn(fact);
    this.#adminKey = own;
    return fact;
  }

  /** Expels a machine for ever. Undefined without an admin key. */
  remove(node: NodeId): MemberRemoved | undefined {
    const { adminKey } = this;
    if (adminKey === undefined) return undefined;
    const fact = signRemoval(this.#options.cluster, { at: this.#needs.clock.wall(), node }, adminKey);
    this.learn(fact);
    return fact;
  }

  /** This machine's own new papers, by the word of another. False when they are none for it. */
  accept(shown: PapersShown): boolean {
    if (!this.isFor(shown)) return false;
    const verdict = this.judge(this.#options.self, shown);
    if (!('role' in verdict) || verdict.certificate.serial <= (this.#own?.serial ?? -1)) return false;
    this.#own = verdict.certificate;
    this.#keep();
    return true;
  }

  /** Were these made out to this node, whether they are good or not? */
  isFor(shown: PapersShown): boolean {
    try {
      return readCertificate(shown.certificate).node === this.#options.self;
    } catch {
      return false;
    }
  }

  /** True when it says something new that is so. Removals are told to the listeners. */
  learn(fact: AdminAdded | MemberRemoved): boolean {
    const learned = this.#admins.learn(fact);
    if (learned.length === 0) return false;
    this.#keep();
    for (const one of learned) if (one.type === 'member-removed') for (const listener of this.#listeners) listener(one);
    return true;
  }

  /** For the records: is this fact so, as far as can be known here now? What it says has been learned then. */
  vouchesFor(fact: AdminAdded | MemberRemoved): boolean {
    this.learn(fact);
    return this.#admins.counts(fact);
  }

  #isDue({ notAfter, issuer }: SignedCertificate): boolean {
    return notAfter - this.#needs.clock.wall() < renewMs || this.#admins.removedHolder(issuer) !== undefined;
  }

  #issue(node: NodeId, role: MachineRole, key: AdminKey, before = 0): SignedCertificate {
    const { cluster, isKeyFile } = this.#options;
    const now = this.#needs.clock.wall();
    // Who has a key file can make a new one at any time: an end would only shut out those whose clock is wrong.
    const valid = isKeyFile ? { serial: 1, notBefore: 0, notAfter: lastTime } : { serial: Math.max(now, before + 1), notBefore: now, notAfter: now + validMs };
    return issueCertificate({ cluster, node, role, ...valid }, key);
  }

  #shown({ text, issuer }: SignedCertificate): PapersShown {
    return { certificate: text, admins: this.#admins.chainTo(issuer) };
  }

  #meet({ node, serial, text }: SignedCertificate): void {
    if (this.#options.isKeyFile || (this.#met.get(node)?.serial ?? -1) >= serial) return;
    this.#met.delete(node);
    this.#met.set(node, { serial, digest: digestOf(text) });
    for (const oldest of this.#met.keys()) if (this.#met.size > mostMet) this.#met.delete(oldest);
    this.#keep();
  }

  #keep(): void {
    const { isKeyFile } = this.#options;
    const certificate = isKeyFile ? {} : this.#own === undefined ? {} : { certificate: this.#own.text };
    this.#needs.keep({ ...certificate, admins: this.#admins.admins(), removals: this.#admins.removals(), met: Object.fromEntries(this.#met) });
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
