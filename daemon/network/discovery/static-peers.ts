/** The addresses that a user named with `--peer`: tried again and again, for the machine behind one may be off today. */
import type { Clock, Randomness, Timer } from '../../clock.ts';
import { formatAddress, parseAddress } from '../addresses.ts';
import type { DiscoverySource, Found } from './discovery-source.ts';

export interface StaticPeersNeeds {
  readonly clock: Clock;
  readonly randomness: Randomness;
}

const firstPauseMs = 1000;
const longestPauseMs = 30_000;

/** Throws `usage` on an address that cannot be read. */
export function createStaticPeers(addresses: readonly string[], needs: StaticPeersNeeds): DiscoverySource {
  const clean = addresses.map((text) => formatAddress(parseAddress(text)));
  let timer: Timer | undefined;
  const round = (found: Found, pauseMs: number): void => {
    for (const address of clean) found(address);
    timer = needs.clock.after(pauseMs * (0.75 + needs.randomness.fraction() / 2), () => round(found, Math.min(longestPauseMs, pauseMs * 2)));
  };
  return {
    start(found) {
      if (clean.length > 0) round(found, firstPauseMs);
    },
    stop() {
      timer?.cancel();
    },
  };
}
