/** Does anybody take connections at an address? Connects, says nothing, and hangs up. */
import { connect } from 'node:net';
import { parseAddress } from './addresses.ts';

/** `refused`: the machine answers, but nobody listens there. `silent`: nothing came back in time, as behind a firewall. `no-way`: no route to it. */
export type DialOutcome = 'open' | 'refused' | 'silent' | 'no-way';

/** Never rejects. */
export function probeAddress(address: string, timeoutMs: number): Promise<DialOutcome> {
  const { promise, resolve } = Promise.withResolvers<DialOutcome>();
  const socket = connect({ ...parseAddress(address), timeout: timeoutMs });
  const end = (outcome: DialOutcome): void => {
    socket.destroy();
    resolve(outcome);
  };
  socket.once('connect', () => end('open'));
  socket.once('timeout', () => end('silent'));
  socket.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED') end('refused');
    else end(error.code === 'ETIMEDOUT' ? 'silent' : 'no-way');
  });
  return promise;
}
