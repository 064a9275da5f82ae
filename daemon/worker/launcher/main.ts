/**
 * The launcher: a small process that starts the daemon's sessions, because starting a process from a large one is slow.
 * It takes frames on standard input and answers on standard output. When the daemon is gone, its input ends: it ends every session and itself.
 */
import { encodeFrame, FrameReader } from './frames.ts';
import type { LauncherCommand, LauncherReport } from './messages.ts';
import { Processes } from './processes.ts';

const reader = new FrameReader();
const report = (message: LauncherReport, bytes?: Uint8Array): boolean => process.stdout.write(encodeFrame(message, bytes));
const processes = new Processes({ report });

function obey(command: LauncherCommand, bytes: Uint8Array): void {
  switch (command.type) {
    case 'start':
      processes.start(command.id, command.spec);
      break;
    case 'write':
      processes.write(command.id, bytes);
      break;
    case 'signal':
      processes.signal(command.id, command.signal);
      break;
  }
}

function end(): never {
  processes.killAll();
  process.exit(0);
}

process.stdin.on('data', (bytes: Uint8Array) => {
  for (const frame of reader.read(bytes)) obey(frame.header as LauncherCommand, frame.bytes);
});
process.stdin.on('end', end);
process.stdin.on('error', end);
process.stdout.on('drain', () => processes.resume());
process.stdout.on('error', end);
process.on('SIGTERM', end);
// A Ctrl-C in the daemon's terminal is the daemon's to answer.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
report({ type: 'ready' });
