/** Tells people that another process lives with this node's key: in the log when it is found, in `status` while it lasts. */
import type { Clock } from './clock.ts';
import type { Log } from './log/log.ts';

/** Peers refuse again, and announcements come again, at least this often. */
const lastsMs = 150_000;

export interface CopiedIdentity {
  /** Somebody met the other one. `host` is empty where only its address is known. */
  met(rival: { readonly host: string; readonly address: string }): void;
  problems(): readonly { readonly code: string; readonly message: string; readonly hint: string }[];
}

export function watchCopiedIdentity(options: { readonly nodeKey: string }, needs: { readonly clock: Clock; readonly log: Log }): CopiedIdentity {
  let last: { readonly text: string; readonly at: number } | undefined;
  const hint = `Stop one of the two, delete ${options.nodeKey} there, and start it again: it joins as a new node.`;
  return {
    met({ host, address }) {
      const where = host === '' ? `at ${address}` : `on host ${host} (${address})`;
      const text = `The identity of this node is also in use ${where}; other nodes refuse both.`;
      const now = needs.clock.now();
      if (last?.text !== text || now - last.at > lastsMs) needs.log.error('the identity of this node is in use twice', { problem: text, hint });
      last = { text, at: now };
    },
    problems() {
      return last === undefined || needs.clock.now() - last.at > lastsMs ? [] : [{ code: 'identity-in-use', message: last.text, hint }];
    },
  };
}
