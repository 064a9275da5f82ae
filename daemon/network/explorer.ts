/** Dials addresses at which somebody was seen, or ought to be, without knowing who; and finds who has a copy of this node's key. */
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { NodeId } from '../../src/model/job.ts';
import { parseAddress } from './addresses.ts';

export interface ExplorerNeeds {
  /** Resolves with whoever answers; rejects when nobody does. */
  dial(address: string): Promise<NodeId>;
  /** After a dial: whoever answered there is this very process. */
  isOwnLife(address: string): boolean;
  /** A copy of this node's key answers there. */
  copyAt(address: string): void;
  own(): readonly string[];
  connected(): readonly NodeId[];
  addressesOf(peer: NodeId): readonly string[];
}

export class Explorer {
  readonly #self: NodeId;
  readonly #needs: ExplorerNeeds;
  /** Who answered at an address that was dialled without knowing. */
  readonly #occupants = new Map<string, NodeId>();

  constructor(options: { readonly self: NodeId }, needs: ExplorerNeeds) {
    this.#self = options.self;
    this.#needs = needs;
  }

  /** Somebody, or this node by its id, was seen at this address. A failure is no problem to speak of: the machine may be off. */
  async explore(address: string, node?: NodeId): Promise<void> {
    // Somebody else announces this node's id: whoever proves it, and is not this process, has a copy of its key.
    if (node === this.#self ? leadsHere(address) : this.#isKnown(address)) return;
    const occupant = await this.#needs.dial(address).catch(() => undefined);
    if (occupant === undefined) return;
    // Its own address as others see it, before a router: every machine may be told of the same one.
    if (occupant === this.#self && !this.#needs.isOwnLife(address)) this.#needs.copyAt(address);
    this.#occupants.set(address, occupant);
  }

  /** Own, or of a peer that is connected: nothing to find there. */
  #isKnown(address: string): boolean {
    const occupant = this.#occupants.get(address);
    const connected = this.#needs.connected();
    if (occupant !== undefined && (occupant === this.#self || connected.includes(occupant))) return true;
    return this.#needs.own().includes(address) || connected.some((peer) => this.#needs.addressesOf(peer).includes(address));
  }
}

/** By a name an address may lead to this machine; one that none of its interfaces has does not. */
function leadsHere(address: string): boolean {
  const { host } = parseAddress(address);
  return isIP(host) === 0 || Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.address === host));
}
