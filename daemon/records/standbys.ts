/** Who must be told of every fact at once, as this node sees it now. */
import type { NodeId } from '../../src/model/job.ts';
import { chooseStandbys, sourcesOf } from '../../src/model/standbys.ts';
import type { MembershipView } from './needs.ts';
import { isSilent } from './peer-waits.ts';

/** With fewer standbys in reach an owner tells everybody: R copies need them. */
const fewestToTell = 2;

export interface StandbysNeeds {
  readonly self: NodeId;
  readonly membership: Pick<MembershipView, 'members' | 'member' | 'onChange'>;
  /** The voters and the sitting coordinator. */
  lasting(): readonly NodeId[];
}

export class Standbys {
  readonly #needs: StandbysNeeds;
  #chosen: ReadonlySet<NodeId> | undefined;
  #isStale = true;
  #version = 0;

  constructor(needs: StandbysNeeds) {
    this.#needs = needs;
    needs.membership.onChange(() => {
      this.#isStale = true;
    });
  }

  /** False in a large cluster, where only a few are. */
  areAll(): boolean {
    return this.#current() === undefined;
  }

  /** Another number after each change of who they are; in a small cluster they never change. */
  version(): number {
    this.#current();
    return this.#version;
  }

  has(node: NodeId): boolean {
    return this.#current()?.has(node) !== false;
  }

  /** Of the peers, those to whom facts about jobs of these submitters are pushed. */
  toPush(peers: readonly NodeId[], submitters: ReadonlySet<NodeId | undefined>): readonly NodeId[] {
    if (peers.filter((peer) => this.has(peer)).length < fewestToTell) return peers;
    return peers.filter((peer) => this.has(peer) || submitters.has(peer));
  }

  /** Is it from this peer that this node takes news? A standby takes them from everybody. */
  isSource(peer: NodeId, peers: readonly NodeId[]): boolean {
    if (this.has(this.#needs.self)) return true;
    const sources = this.sources(peers);
    return sources.length === 0 || sources.includes(peer);
  }

  /** Of the peers, those that are asked for what this node has not heard of. */
  sources(peers: readonly NodeId[]): readonly NodeId[] {
    return sourcesOf(
      this.#needs.self,
      peers.filter((peer) => this.has(peer) && !isSilent(this.#needs.membership, peer)),
    );
  }

  #current(): ReadonlySet<NodeId> | undefined {
    if (this.#isStale) {
      this.#isStale = false;
      const chosen = chooseStandbys(this.#needs.membership.members(), this.#needs.lasting());
      if (!areSame(chosen, this.#chosen)) this.#version += 1;
      this.#chosen = chosen;
    }
    return this.#chosen;
  }
}

function areSame(a: ReadonlySet<NodeId> | undefined, b: ReadonlySet<NodeId> | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.size === b.size && [...a].every((node) => b.has(node));
}
