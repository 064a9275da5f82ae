/**
 * Replacing the cluster's secret while it runs: an admin key signs the next one, members pass it on over the connections they have, and each takes
 * handshakes by both until the old one ends, so that a machine that was off comes back by its certificate and is told.
 */
import { SupervmError } from '../src/model/errors.ts';
import type { NodeId } from '../src/model/job.ts';
import type { Clock } from './clock.ts';
import { machinesProtocol } from './machines-protocol.ts';
import { type ClusterKey, drawSecret, goodPrologues, parseClusterKey, type SecretReplacement, withSecret } from './network/cluster-key.ts';
import type { Papers } from './network/papers/papers.ts';
import { isGenuineReplacement, signReplacement } from './network/papers/signed-facts.ts';
import type { Messenger } from './wire/messenger.ts';

/** The old secret is looked at so often, once there is one. */
const lookMs = 60_000;
/** A machine that was off for as long has to be invited again. */
const mostGraceMs = 365 * 24 * 3_600_000;

export interface RotationNeeds {
  readonly clock: Clock;
  readonly papers: Papers;
  readonly messenger: Pick<Messenger, 'send' | 'connected'>;
  /** Durable when it returns; throws what the disk says. */
  keep(text: string): void;
  /** Handshakes from now on. */
  takePrologues(prologues: ClusterKey['prologues']): void;
}

export class SecretRotation {
  readonly #needs: RotationNeeds;
  #key: ClusterKey;
  #looks: { cancel(): void } | undefined;

  constructor(options: { readonly key: ClusterKey }, needs: RotationNeeds) {
    this.#key = options.key;
    this.#needs = needs;
  }

  /** As it is now. */
  get key(): ClusterKey {
    return this.#key;
  }

  start(): void {
    // The end of an old secret comes without anybody saying so.
    this.#looks = this.#needs.clock.every(lookMs, () => this.#key.prologues.length > 1 && this.#take());
  }

  stop(): void {
    this.#looks?.cancel();
  }

  /** The peer learns which secret this node has; whoever has a later one answers. */
  met(peer: NodeId): void {
    if (this.#key.fileAdmin === undefined) this.#needs.messenger.send(peer, machinesProtocol, { type: 'holds', number: this.#key.number });
  }

  /** `graceMs`: so long the old secret lets machines in that were off. Throws `not-allowed` where this machine may not. */
  rotate(graceMs: number): { readonly number: number; readonly until: number; readonly told: readonly NodeId[] } {
    const { papers, clock } = this.#needs;
    const { adminKey } = papers;
    if (this.#key.fileAdmin !== undefined) {
      const hint = 'Make a new file and start every machine with it, in a new home.';
      throw new SupervmError('not-allowed', 'the secret of a key file is the file: it cannot be replaced while machines hold it', hint);
    }
    if (adminKey === undefined) throw new SupervmError('not-allowed', 'this machine holds no admin key', 'Type it on one that does. See: supervm nodes');
    const content = { number: this.#key.number + 1, secret: drawSecret(), until: clock.wall() + Math.min(graceMs, mostGraceMs), signedBy: adminKey.id };
    const next = { ...content, signature: signReplacement(this.#key.clusterId, content, adminKey) };
    this.#replace(next);
    return { number: next.number, until: next.until, told: this.#tell(this.#needs.messenger.connected(), next) };
  }

  /** A peer says which it has. */
  heardNumber(from: NodeId, number: number): void {
    const { replacement } = this.#key;
    if (replacement !== undefined && number < replacement.number) this.#tell([from], replacement);
  }

  /** A peer tells the secret that holds now. */
  heardSecret(from: NodeId, next: SecretReplacement): void {
    const { papers, messenger } = this.#needs;
    const counts = papers.admins.isKnown(next.signedBy) && papers.admins.removedHolder(next.signedBy) === undefined;
    if (!this.#isLater(next) || !counts || !isGenuineReplacement(this.#key.clusterId, next)) return;
    this.#replace(next);
    this.#tell(
      messenger.connected().filter((peer) => peer !== from),
      next,
    );
  }

  /** Of two that were made at one moment, one is the later for everybody. */
  #isLater({ number, secret }: SecretReplacement): boolean {
    const own = this.#key.replacement;
    return this.#key.fileAdmin === undefined && (number > this.#key.number || (number === own?.number && secret > own.secret));
  }

  #replace(next: SecretReplacement): void {
    const text = withSecret(this.#key, next);
    this.#needs.keep(text);
    this.#key = parseClusterKey(text);
    this.#take();
  }

  #take(): void {
    this.#needs.takePrologues(goodPrologues(this.#key, this.#needs.clock.wall()));
  }

  #tell(peers: readonly NodeId[], secret: SecretReplacement): readonly NodeId[] {
    for (const peer of peers) this.#needs.messenger.send(peer, machinesProtocol, { type: 'secret', secret });
    return peers;
  }
}
