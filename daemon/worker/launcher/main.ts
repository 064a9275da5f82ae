/**
 * The launcher: a small process that starts the daemon's sessions, because starting a process from a large one is slow, and keeps them
 * when the daemon is gone. It listens on a socket in the daemon's private folder: `launcher SOCKET PATIENCE`. The daemon that connected
 * last drives it; without one it waits so many milliseconds, then ends every session and itself.
 */
import { chmodSync, closeSync, rmSync, statSync, writeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { ControlGroups } from './control-groups.ts';
import { encodeFrame, type Frame, FrameReader } from './frames.ts';
import { type LauncherCommand, type LauncherReport, launcherVersion } from './messages.ts';
import { ownPidSpace } from './pid-space.ts';
import { Processes } from './processes.ts';

const [socketPath = '', patience = ''] = process.argv.slice(2);
const patienceMs = Number(patience);
const pidSpace = ownPidSpace();
const name = `${process.pid}-${Date.now()}`;
/** Bytes that a daemon has not taken yet. */
const mostWaiting = 64 * 1024;

let daemon: Socket | undefined;
let waiting: NodeJS.Timeout | undefined;
let isEnding = false;
let place: number | undefined;

function report(message: LauncherReport, bytes?: Uint8Array): void {
  daemon?.write(encodeFrame(message, bytes));
}

const groups = new ControlGroups();
const processes = new Processes({ report, groups, isBehind: () => (daemon?.writableLength ?? 0) > mostWaiting });

async function end(): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  // Whoever comes now must start another launcher; one may have done so already.
  if (placeNow() === place) rmSync(socketPath, { force: true });
  await processes.end();
  process.exit(0);
}

function placeNow(): number | undefined {
  return statSync(socketPath, { throwIfNoEntry: false })?.ino;
}

function waitForDaemon(): void {
  if (processes.isEmpty) void end();
  else waiting = setTimeout(() => void end(), patienceMs);
}

function serve(socket: Socket): void {
  const reader = new FrameReader();
  daemon?.destroy();
  daemon = socket;
  clearTimeout(waiting);
  processes.detach();
  const identity = { launcher: name, pid: process.pid, ...(pidSpace === undefined ? {} : { pidSpace }) };
  report({ type: 'hello', version: launcherVersion, ...identity, asked: true, enforces: groups.controllers, processes: processes.left() });
  socket.on('data', (bytes: Uint8Array) => {
    if (socket !== daemon) return;
    for (const frame of framesIn(reader, bytes) ?? []) {
      const command = frame.header as LauncherCommand;
      if (command.type === 'end') void end();
      else if (command.type === 'ask') report({ type: 'there' });
      else if (!isEnding) processes.obey(command, frame.bytes);
    }
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    if (socket !== daemon) return;
    daemon = undefined;
    processes.detach();
    waitForDaemon();
  });
}

/** Undefined when the connection cannot be understood any more, and is over. */
function framesIn(reader: FrameReader, bytes: Uint8Array): readonly Frame[] | undefined {
  try {
    return reader.read(bytes);
  } catch {
    daemon?.destroy();
    return undefined;
  }
}

process.on('SIGTERM', () => void end());
// A Ctrl-C in the daemon's terminal is the daemon's to answer.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
// The lock of the daemon's folder sees to it that only a dead launcher's socket can be here.
rmSync(socketPath, { force: true });
createServer(serve).listen(socketPath, () => {
  chmodSync(socketPath, 0o600);
  place = placeNow();
  waiting = setTimeout(() => void end(), patienceMs);
  writeSync(1, 'ready\n');
  closeSync(1);
});
