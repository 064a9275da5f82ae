/**
 * Repeats what may be repeated: a daemon that was killed is often started again at once, a machine that is unreachable is soon known to
 * be, and whoever asked cannot know whether a broken call was heard.
 */
import { SupervmError } from '../model/errors.ts';
import type { Client } from './client.ts';
import type { RouteName } from './requests.ts';

export interface PatienceOptions {
  /** After the first failure nothing is begun later than this. */
  readonly withinMs: number;
  /** Told before each repetition. */
  readonly onAgain?: (error: SupervmError) => void;
}

export interface PatienceNeeds {
  /** Monotonic milliseconds. */
  now(): number;
  /** Ends early, without error, when the signal aborts. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Saying these twice is saying them once; a submission only under a key. */
const repeatable: ReadonlySet<RouteName> = new Set(['cancel', 'pause', 'resume']);
/** Causes that pass by themselves. */
const passing: ReadonlySet<string> = new Set(['no-daemon', 'not-acknowledged', 'no-coordinator', 'peer-unreachable']);
const firstPauseMs = 100;
const longestPauseMs = 500;

export function patientClient(client: Client, options: PatienceOptions, needs: PatienceNeeds): Client {
  return {
    call: (name, parts, signal) => {
      const ask = (): ReturnType<typeof client.call<typeof name>> => client.call(name, parts, signal);
      return repeatable.has(name) ? repeat(ask, options, needs, signal) : ask();
    },
    follow: (name, parts, onProgress, signal) => {
      const ask = (): ReturnType<typeof client.follow<typeof name>> => client.follow(name, parts, onProgress, signal);
      return name === 'submit' && hasKey(parts.body) ? repeat(ask, options, needs, signal) : ask();
    },
    events: client.events,
  };
}

async function repeat<T>(ask: () => Promise<T>, { withinMs, onAgain }: PatienceOptions, { now, pause }: PatienceNeeds, signal?: AbortSignal): Promise<T> {
  let giveUpAt: number | undefined;
  let pauseMs = firstPauseMs;
  for (let wasThere = false; ; ) {
    try {
      return await ask();
    } catch (error) {
      giveUpAt ??= now() + withinMs;
      if (!(error instanceof SupervmError) || signal?.aborted || !passing.has(error.code) || now() >= giveUpAt) throw error;
      // A daemon that was stopped, or never started, will not come by waiting; one that was killed leaves its socket behind.
      if (error.code === 'no-daemon' && !wasThere && !leftItsSocket(error)) throw error;
      wasThere = true;
      onAgain?.(error);
    }
    // Once more at the very end.
    await pause(Math.min(pauseMs, giveUpAt - now()), signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

function hasKey(body: unknown): boolean {
  return typeof body === 'object' && body !== null && typeof (body as { readonly key?: unknown }).key === 'string';
}

function leftItsSocket({ cause }: SupervmError): boolean {
  return !(cause instanceof Error && (cause as NodeJS.ErrnoException).code === 'ENOENT');
}
