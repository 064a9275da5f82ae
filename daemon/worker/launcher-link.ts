/** One connection of the daemon to its launcher, and how it comes about. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { encodeFrame, type Frame, FrameReader } from './launcher/frames.ts';
import { type LauncherCommand, type LauncherReport, launcherVersion } from './launcher/messages.ts';
import { ownPidSpace } from './launcher/pid-space.ts';
import { recordedLauncher, recordLauncher } from './launcher-record.ts';
import type { Clock } from './needs.ts';
import { endTrees, identify, type ProcessIdentity } from './process-trees.ts';

export type Hello = Extract<LauncherReport, { type: 'hello' }>;
export type AfterHello = Exclude<LauncherReport, { type: 'hello' }>;

export interface LauncherPlace {
  /** Path of the Node executable. */
  readonly node: string;
  /** Of launcher/main.ts or its built form. */
  readonly file: string;
  /** Of its unix socket, in a folder that nobody else may enter. */
  readonly socket: string;
  /** File that says which process it is. */
  readonly record: string;
  /** How long it keeps what runs without a daemon. */
  readonly patienceMs: number;
  /** One that says nothing for so long, being asked, is stopped or stuck (milliseconds); for tests. */
  readonly silentMs?: number;
}

export interface LauncherLink {
  readonly hello: Hello;
  readonly process: ProcessIdentity | undefined;
  /** Of a process that it has started; undefined also when its numbers are those of another container. */
  identify(pid: number): ProcessIdentity | undefined;
  /** Resolves when the connection is lost, which is when the launcher ends. */
  readonly closed: Promise<void>;
  onReport(listener: (report: AfterHello, bytes: Uint8Array) => void): void;
  send(command: LauncherCommand, bytes?: Uint8Array): void;
  close(): void;
  /** At once: whoever does not read would keep a closing connection open. */
  cut(): void;
}

/** A launcher that lives answers at once; a daemon that finds one must come up in good time. */
const helloMs = 15_000;
/** While it has work: one that writes a log to a slow disk waits for that, and giving it up costs what it runs. */
export const silentMs = 30_000;
/** Of another version: time to end its sessions. */
const endMs = 4_000;

/**
 * Reaches the launcher that is there, or starts one. One that does not answer is ended first with all that it has started: what it was doing
 * must not go on beside what a new one does. Rejects when none can be started.
 */
export async function reachLauncher(place: LauncherPlace, needs: { readonly clock: Clock }): Promise<LauncherLink> {
  const found = await connect(place, needs.clock).catch(() => undefined);
  if (found?.hello.version === launcherVersion) {
    if (found.process !== undefined) recordLauncher(place.record, found.process.pid);
    return found;
  }
  if (found !== undefined) await replace(found, needs.clock);
  const old = recordedLauncher(place.record);
  if (old !== undefined) await endTrees([old], needs);
  await startLauncher(place);
  return connect(place, needs.clock);
}

async function replace(old: LauncherLink, clock: Clock): Promise<void> {
  old.send({ type: 'end' });
  const late = Promise.withResolvers<void>();
  const timer = clock.after(endMs, late.resolve);
  await Promise.race([old.closed, late.promise]);
  timer.cancel();
  old.close();
}

async function connect(place: LauncherPlace, clock: Clock): Promise<LauncherLink> {
  const socket = createConnection(place.socket);
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
  const timer = clock.after(place.silentMs ?? helloMs, () => hello.reject(new Error('the launcher does not answer')));
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
  const isOurs = hello.pidSpace === undefined || hello.pidSpace === ownPidSpace();
  const identifyOurs = (pid: number): ProcessIdentity | undefined => (isOurs ? identify(pid) : undefined);
  return {
    hello,
    process: identifyOurs(hello.pid),
    identify: identifyOurs,
    closed,
    onReport,
    send: (command, bytes) => void socket.write(encodeFrame(command, bytes)),
    close: () => socket.destroySoon(),
    cut: () => socket.destroy(),
  };
}

/** Resolves once it listens. A session of its own: neither the daemon's terminal nor its end concerns it. */
async function startLauncher({ node, file, socket, record, patienceMs }: LauncherPlace): Promise<void> {
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
  // Before it can be given anything to do.
  if (child.pid !== undefined) recordLauncher(record, child.pid);
  const listens = Promise.withResolvers<boolean>();
  child.stdout?.once('data', () => listens.resolve(true));
  child.on('error', () => listens.resolve(false));
  child.once('exit', () => listens.resolve(false));
  const isReady = await listens.promise;
  child.stdout?.destroy();
  child.unref();
  if (!isReady) throw new Error(`the launcher ${file} ended at once`);
}
