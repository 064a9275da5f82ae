/** Looks at who speaks for a node that has a connection already: a later life of it, or another process with its key. */
import type { NodeId } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';
import { asking, lifeOf, type Refusal } from './hello.ts';
import { type Holder, Identities } from './identities.ts';
import type { PeerLink } from './peer-link.ts';

/** A live process answers a ping within this, busy as it may be; the newcomer has to come again anyway. */
const challengeMs = 1500;

export interface RivalsNeeds {
  readonly clock: Clock;
  admitted(peer: NodeId): PeerLink | undefined;
}

export class Rivals {
  readonly #needs: RivalsNeeds;
  readonly #identities: Identities;
  /** Connections that are being asked. */
  readonly #asked = new Set<PeerLink>();

  constructor(needs: RivalsNeeds) {
    this.#needs = needs;
    this.#identities = new Identities(needs);
  }

  isContested(node: NodeId): boolean {
    return this.#identities.isContested(node);
  }

  /** Why this connection, whose hello has come, cannot be accepted. */
  objection(link: PeerLink): Refusal | undefined {
    const newcomer = holderOf(link);
    const known = this.#identities.rivalOf(link.peer, newcomer);
    if (known !== undefined) return refusalFor(known);
    const before = this.#needs.admitted(link.peer);
    // A node dials only when it has no connection: the same process again has lost the one before.
    if (before === undefined || holderOf(before).life === newcomer.life) return undefined;
    void this.#ask(before, newcomer);
    return { reason: asking };
  }

  async #ask(before: PeerLink, newcomer: Holder): Promise<void> {
    if (this.#asked.has(before)) return;
    this.#asked.add(before);
    const lives = await before.challenge(challengeMs);
    this.#asked.delete(before);
    if (!lives) {
      before.cut('a later life of it has come');
      return;
    }
    this.#identities.contest(before.peer, holderOf(before), newcomer);
    before.refuse(refusalFor(newcomer));
  }
}

function holderOf({ hello, remoteAddress }: PeerLink): Holder {
  const [, , host = '', , port = ''] = remoteAddress.split('/');
  return { life: hello === undefined ? '' : lifeOf(hello), host: hello?.host ?? '', address: `${host}:${port}` };
}

function refusalFor({ host, address }: Holder): Refusal {
  return { reason: `the identity of this node is also in use on host ${host} (${address})`, rival: { host, address } };
}
