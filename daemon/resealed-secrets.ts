/**
 * After the cluster's secret was replaced its sealed secrets are sealed anew, so that whoever knows the earlier one alone, and finds a disk, opens none. The
 * coordinator does it; where it never had the key that opens one, some machine that has does after a while. All of them write the same.
 */
import type { Clock } from './clock.ts';
import type { Startable } from './startable.ts';

const lookMs = 10_000;
/** Looks after which a machine does it that does not coordinate. */
const patience = 30;

export interface ResealingNeeds {
  readonly clock: Clock;
  readonly secrets: { stale(): readonly unknown[]; reseal(): Promise<readonly string[]> };
  coordinates(): boolean;
  done(names: readonly string[]): void;
  problem(error: unknown): void;
}

/** Start it once the journal has been read. */
export function resealedSecrets({ clock, secrets, coordinates, done, problem }: ResealingNeeds): Startable {
  let looks = 0;
  let timer: { cancel(): void } | undefined;
  let busy = false;
  const look = async (): Promise<void> => {
    looks = secrets.stale().length === 0 ? 0 : looks + 1;
    if (looks === 0 || busy || (!coordinates() && looks < patience)) return;
    busy = true;
    try {
      done(await secrets.reseal());
    } finally {
      busy = false;
    }
  };
  return {
    async start() {
      timer = clock.every(lookMs, () => void look().catch(problem));
    },
    async stop() {
      timer?.cancel();
    },
  };
}
