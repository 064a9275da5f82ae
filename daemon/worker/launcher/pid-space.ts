import { readlinkSync } from 'node:fs';

/** Names the namespace of this process's ids: in another container the same number is another process. Undefined when the system does not tell. */
export function ownPidSpace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}
