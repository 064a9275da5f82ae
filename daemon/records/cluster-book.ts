/** What the cluster knows, folded from durable entries. A signed fact counts once its signature is verified, and that may take a later fact. */
import { type AdminAdded, type ClusterFact, linesOfMachine, type MemberRemoved } from '../../src/model/cluster-facts.ts';
import { type ClusterState, emptyClusterState, foldClusterInto, isSuperseded, shelfOf } from '../../src/model/cluster-state.ts';
import type { Trouble } from './trouble.ts';

export type SignedFact = MemberRemoved | AdminAdded;
export type ClusterListener = (fact: ClusterFact, state: ClusterState) => void;
/** Is the signature one of an admin of the cluster, as `state` names them? Pure; asked again after each new admin. */
export type VerifySigned = (fact: SignedFact, state: ClusterState) => boolean;

/** Facts that became void are collected together: looking for them takes a walk through the logs. */
const voidTogether = 500;

/** Signed facts of one log that wait for their admin; further ones count after the next start. Honest logs hold a few: whoever signs is known first. */
const mostUnverified = 256;

export interface ClusterBookOptions {
  /** Without it nothing that is signed counts. */
  readonly verifies?: VerifySigned | undefined;
  onTrouble(trouble: Trouble): void;
}

export class ClusterBook {
  readonly #options: ClusterBookOptions;
  readonly #state = emptyClusterState();
  readonly #listeners: ClusterListener[] = [];
  /** Read and found well-formed: what the collector may judge. */
  readonly #folded = new WeakSet<object>();
  /** By origin, and there by content. */
  #unverified = new Map<string, Map<string, SignedFact>>();
  #void = 0;
  #clock = 0;

  constructor(options: ClusterBookOptions) {
    this.#options = options;
  }

  get state(): ClusterState {
    return this.#state;
  }

  /** The highest logical clock in any fact seen. */
  get clock(): number {
    return this.#clock;
  }

  onFact(listener: ClusterListener): void {
    this.#listeners.push(listener);
  }

  /** `origin`: in whose log it stands. `isNews`: listeners are told when it says something new. */
  fold(fact: ClusterFact, origin: string, isNews: boolean): void {
    this.#folded.add(fact);
    if (!this.#counts(fact)) {
      this.#wait(fact as SignedFact, origin);
      return;
    }
    const isNew = foldClusterInto(this.#state, fact);
    this.#noteVoid(fact);
    if (!isNew) return;
    if (isNews) for (const listener of this.#listeners) this.#tell(listener, fact);
    if (fact.type === 'admin-added') this.#tryAgain(isNews);
  }

  /** Is the fact of an entry one that nothing can make matter again? */
  isVoid(fact: unknown): boolean {
    return typeof fact === 'object' && fact !== null && this.#folded.has(fact) && isSuperseded(this.#state, fact as ClusterFact);
  }

  /** Is there enough to collect? Asking starts the count anew. */
  takeVoid(): boolean {
    if (this.#void < voidTogether) return false;
    this.#void = 0;
    return true;
  }

  #noteVoid(fact: ClusterFact): void {
    if (fact.type === 'secret-set' || fact.type === 'secret-removed') {
      this.#clock = Math.max(this.#clock, fact.clock);
      // An old value of a secret waits for no company.
      this.#void = voidTogether;
    } else if (fact.type === 'audited' && (this.#state.audit.get(shelfOf(fact))?.length ?? 0) >= linesOfMachine) this.#void += 1;
  }

  #counts(fact: ClusterFact): boolean {
    if (fact.type !== 'member-removed' && fact.type !== 'admin-added') return true;
    return this.#options.verifies?.(fact, this.#state) === true;
  }

  /** Who was unknown when his signature came may be an admin now. */
  #tryAgain(isNews: boolean): void {
    const waiting = this.#unverified;
    this.#unverified = new Map();
    for (const [origin, facts] of waiting) for (const fact of facts.values()) this.fold(fact, origin, isNews);
  }

  #wait(fact: SignedFact, origin: string): void {
    const waiting = this.#unverified.get(origin) ?? new Map<string, SignedFact>();
    if (waiting.size >= mostUnverified) return;
    waiting.set(JSON.stringify(fact), fact);
    this.#unverified.set(origin, waiting);
  }

  #tell(listener: ClusterListener, fact: ClusterFact): void {
    try {
      listener(fact, this.#state);
    } catch (error) {
      this.#options.onTrouble({ type: 'listener-failed', error });
    }
  }
}
