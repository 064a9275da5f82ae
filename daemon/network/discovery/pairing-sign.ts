/** Tells the local network that newcomers may knock at this machine now: `<hash>._supervm-pair._tcp.local` TXT, with no name in it. */
import type { networkInterfaces } from 'node:os';
import type { Clock, Timer } from '../../clock.ts';
import { formatAddress } from '../addresses.ts';
import { interfaceAddresses } from './interface-addresses.ts';
import { pairingRecord } from './mdns-records.ts';
import type { MdnsSocket, OpenMdnsSocket } from './mdns-socket.ts';

export interface PairingSignNeeds {
  readonly clock: Clock;
  readonly openSocket: OpenMdnsSocket;
  /** As `os.networkInterfaces`. */
  interfaces(): ReturnType<typeof networkInterfaces>;
}

/** The sign is taken down when nobody has shown it anew for so long. */
const shownMs = 5_000;

export class PairingSign {
  readonly #cluster: string;
  readonly #needs: PairingSignNeeds;
  readonly #sockets = new Map<string, { readonly socket: MdnsSocket; readonly address: string }>();
  #down: Timer | undefined;

  /** `clusterHash`: hexadecimal; its first 16 digits are announced. */
  constructor(options: { readonly clusterHash: string }, needs: PairingSignNeeds) {
    this.#cluster = options.clusterHash.slice(0, 16);
    this.#needs = needs;
  }

  /** Says it once on every interface, to whoever listens at this moment. */
  show(port: number): void {
    this.#down?.cancel();
    this.#down = this.#needs.clock.after(shownMs, () => this.stop());
    for (const [key, address] of interfaceAddresses(this.#needs.interfaces())) {
      if (!this.#sockets.has(key)) this.#open(key, address);
      this.#sockets.get(key)?.socket.announce(pairingRecord({ cluster: this.#cluster, address: formatAddress({ host: address, port }) }));
    }
  }

  stop(): void {
    this.#down?.cancel();
    this.#down = undefined;
    for (const { socket } of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #open(key: string, address: string): void {
    const ignore = (): void => undefined;
    const failed = (): void => {
      this.#sockets.get(key)?.socket.close();
      this.#sockets.delete(key);
    };
    this.#sockets.set(key, { address, socket: this.#needs.openSocket(address, { asked: ignore, heard: ignore, failed }) });
  }
}
