/** Ends what a daemon left to its launcher, as the end of its machine would. */
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { encodeFrame } from '../../daemon/worker/launcher/frames.ts';

/** Resolves when the launcher of this home and its sessions are gone; at once when there is none. */
export async function endLauncher(home: string): Promise<void> {
  const socket = createConnection(join(home, 'run', 'tasks.sock'));
  socket.resume();
  socket.on('connect', () => socket.write(encodeFrame({ type: 'end' })));
  socket.on('error', () => {});
  await new Promise((resolve) => socket.on('close', resolve));
}
