/** Real launchers and small programs, for tests. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../daemon/clock.ts';
import { systemClock } from '../../../daemon/system-clock.ts';
import type { ProcessSpec } from '../../../daemon/worker/launcher/messages.ts';
import { type LaunchedProcess, LauncherClient, type ProcessExit, type ProcessListener } from '../../../daemon/worker/launcher-client.ts';
import type { LauncherPlace } from '../../../daemon/worker/launcher-link.ts';

const file = join(import.meta.dirname, '../../../daemon/worker/launcher/main.ts');

interface Heard extends ProcessListener {
  readonly answers: readonly string[];
  /** The first answer. */
  readonly heard: Promise<string>;
  readonly started: Promise<number>;
  readonly exited: Promise<ProcessExit>;
}

export interface Launched extends Heard {
  readonly launched: LaunchedProcess;
  readonly log: string;
  printed(): string;
}

/** What a process says and prints, and how it ends. */
export function listener(): Heard {
  const exited = Promise.withResolvers<ProcessExit>();
  const started = Promise.withResolvers<number>();
  const heard = Promise.withResolvers<string>();
  const answers: string[] = [];
  const onAnswer = (line: string): void => {
    answers.push(line);
    heard.resolve(line);
  };
  return { answers, heard: heard.promise, exited: exited.promise, started: started.promise, onStarted: started.resolve, onAnswer, onExit: exited.resolve };
}

export class LauncherBench implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'supervm-launcher-'));
  readonly #clock = systemClock();
  #logs = 0;

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Clients of one name find one launcher. */
  client(name: string, place: Partial<LauncherPlace> = {}, clock: Clock = this.#clock): LauncherClient {
    const own = { node: process.execPath, file, socket: this.path(`${name}.sock`), record: this.path(`${name}.json`), patienceMs: 20_000 };
    return new LauncherClient({ ...own, ...place }, { clock });
  }

  launch(launcher: LauncherClient, spec: Partial<ProcessSpec>): Launched {
    const log = this.path(`${++this.#logs}.log`);
    const heard = listener();
    const whole = { file: '/bin/sh', args: [], folder: '/', environment: { PATH: '/usr/bin:/bin' }, ...spec };
    const launched = launcher.launch(launcher.newId(), { spec: whole, note: { of: 'the test' }, log, mask: [] }, heard);
    const printed = (): string => (existsSync(log) ? readFileSync(log, 'utf8') : '');
    return { ...heard, launched, log, printed };
  }

  path(name: string): string {
    return join(this.folder, name);
  }
}

export async function waitFor(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
