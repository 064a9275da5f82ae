/** One connection of the daemon to its launcher, and how it comes about. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { encodeFrame, type Frame, FrameReader } from './launcher/frames.ts';
import { type LauncherCommand, type LauncherReport, launcherVersion } from './launcher/messages.ts';
import type { Clock } from './needs.ts';

export type Hello = Extract<LauncherReport, { type: 'hello' }>;
export type AfterHello = Exclude<LauncherReport, { type: 'hello' }>;

export interface LauncherPlace {
  /** Path of the Node executable. */
  readonly node: string;
  /** Of launcher/main.ts or its built form. */
  readonly file: string;
  /** Of its unix socket, in a folder that nobody else may enter. */
  readonly socket: string;
  /** How long it keeps what runs without a daemon. */
  readonly patienceMs: number;
}

export interface LauncherLink {
  readonly hello: Hello;
  /** Resolves when the connection is lost, which is when the launcher ends. */
  readonly closed: Promise<void>;
  onReport(listener: (report: AfterHello, bytes: Uint8Array) => void): void;
  send(command: LauncherCommand, bytes?: Uint8Array): void;
  close(): void;
}

/** A launcher that lives answers at once; one that does not is stopped or stuck. */
const helloMs = 5_000;
/** Of another version: time to end its sessions. */
const endMs = 4_000;

/** Reaches the launcher that is there, or starts one. Rejects when it cannot be started. */
export async function reachLauncher(place: LauncherPlace, needs: { readonly clock: Clock }): Promise<LauncherLink> {
  const found = await connect(place.socket, needs.clock).catch(() => undefined);
  if (found?.hello.version === launcherVersion) return found;
  if (found !== undefined) await replace(found, needs.clock);
  await startLauncher(place);
  return connect(place.socket, needs.clock);
}

async function replace(old: LauncherLink, clock: Clock): Promise<void> {
  old.send({ type: 'end' });
  const late = Promise.withResolvers<void>();
  const timer = clock.after(endMs, late.resolve);
  await Promise.race([old.closed, late.promise]);
  timer.cancel();
  old.close();
}

async function connect(path: string, clock: Clock): Promise<LauncherLink> {
  const socket = createConnection(path);
  const reader = new FrameReader();
  const hello = Promise.withResolvers<Hello>();
  const closed = Promise.withResolvers<void>();
  /** Of what is not our protocol nothing more is read: this connection is over, the daemon is not. */
  const framesIn = (bytes: Uint8Array): readonly Frame[] => {
    try {
      return reader.read(bytes);
    } catch (error) {
      socket.destroy();
      hello.reject(error);
      return [];
    }
  };
  let listener: (report: AfterHello, bytes: Uint8Array) => void = () => {};
  socket.on('data', (bytes: Uint8Array) => {
    for (const frame of framesIn(bytes)) {
      const report = frame.header as LauncherReport;
      if (report.type === 'hello') hello.resolve(report);
      else listener(report, frame.bytes);
    }
  });
  socket.on('error', hello.reject);
  socket.on('close', () => {
    hello.reject(new Error('the launcher closed the connection'));
    closed.resolve();
  });
  const timer = clock.after(helloMs, () => hello.reject(new Error('the launcher does not answer')));
  try {
    return linkOf(await hello.promise, socket, closed.promise, (own) => {
      listener = own;
    });
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    timer.cancel();
  }
}

function linkOf(hello: Hello, socket: Socket, closed: Promise<void>, onReport: LauncherLink['onReport']): LauncherLink {
  return {
    hello,
    closed,
    onReport,
    send: (command, bytes) => void socket.write(encodeFrame(command, bytes)),
    close: () => socket.destroySoon(),
  };
}

/** Resolves once it listens. A session of its own: neither the daemon's terminal nor its end concerns it. */
async function startLauncher({ node, file, socket, patienceMs }: LauncherPlace): Promise<void> {
  // A launcher that does not answer any more must not be asked again.
  rmSync(socket, { force: true });
  const words = ['--max-semi-space-size=1', file, socket, String(patienceMs)];
  const problems = openSync(`${socket}.log`, 'w', 0o600);
  let child: ChildProcess;
  try {
    child = spawn(node, words, { detached: true, env: {}, cwd: '/', stdio: ['ignore', 'pipe', problems] });
  } finally {
    closeSync(problems);
  }
  const listens = Promise.withResolvers<boolean>();
  child.stdout?.once('data', () => listens.resolve(true));
  child.on('error', () => listens.resolve(false));
  child.once('exit', () => listens.resolve(false));
  const isReady = await listens.promise;
  child.stdout?.destroy();
  child.unref();
  if (!isReady) throw new Error(`the launcher ${file} ended at once`);
}
