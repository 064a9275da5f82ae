/** The thread of the heartbeats: a socket, a timer, and nothing that could ever make them late. Small on purpose, because each thread costs the daemon memory. */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { spareMemoryOnceSettled } from '../../spare-memory.ts';
import { BeatExchange } from './beat-exchange.ts';
import { BeatMemory } from './beat-memory.ts';
import type { BeatAnswer, BeatCommand, BeatThreadOptions } from './beat-messages.ts';
import { monotonicMs } from './thread-time.ts';

/** Room in the kernel for what arrives while the process is stopped. */
const receiveBytes = 128 * 1024;

function serve({ memory, host, port }: BeatThreadOptions): void {
  const main = parentPort;
  if (main === null) throw new Error('heartbeats run in a thread only');
  const answer = (message: BeatAnswer): void => main.postMessage(message);
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  const exchange = new BeatExchange(new BeatMemory(memory), {
    now: monotonicMs,
    // What cannot be sent now is like a packet lost.
    transmit: (packet, to, address) => socket.send(packet, to, address, () => undefined),
  });
  let timer: NodeJS.Timeout | undefined;
  const turn = (): void => {
    clearTimeout(timer);
    timer = setTimeout(turn, exchange.turn());
  };
  const listen = (wanted: number): void => {
    socket.bind({ address: host, port: wanted, exclusive: true });
  };
  socket.once('listening', () => {
    socket.setRecvBufferSize(receiveBytes);
    answer({ type: 'bound', port: socket.address().port });
    turn();
  });
  let second = false;
  socket.on('error', (error) => {
    if (second || port === 0) answer({ type: 'failed', message: error.message });
    else listen(0);
    second = true;
  });
  socket.on('message', (packet) => exchange.receive(packet));
  main.on('message', (command: BeatCommand) => {
    switch (command.type) {
      case 'open':
        exchange.open(command.peer);
        return;
      case 'close':
        exchange.close(command.place);
        return;
      case 'beat':
        exchange.beat(command.places, command.intervalMs);
        turn();
        return;
      default:
        command satisfies never;
    }
  });
  listen(port);
  spareMemoryOnceSettled();
}

serve(workerData as BeatThreadOptions);
