import { uptime } from 'node:os';

/** Milliseconds since the machine started, sleep included: the same for every process on it, unlike Node's own clocks. */
export function uptimeMs(): number {
  return uptime() * 1000;
}
