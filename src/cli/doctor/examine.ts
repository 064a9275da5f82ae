/** Looks at everything at once, and waits for nothing longer than it may take. */
import { pause } from '../clock.ts';
import { check, type Finding, type Group, groups } from './finding.ts';

export interface Examination {
  readonly group: Group;
  /** Of the finding that says that it took too long or could not be done. */
  readonly name: string;
  readonly limitMs: number;
  look(): Promise<readonly Finding[]>;
}

/** In the order of the groups. Never rejects, and takes no longer than the longest limit. */
export async function examineAll(examinations: readonly Examination[]): Promise<readonly Finding[]> {
  const all = await Promise.all(examinations.map(inTime));
  return all.flat().toSorted((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));
}

async function inTime({ group, name, limitMs, look }: Examination): Promise<readonly Finding[]> {
  const { warning } = check(group, name);
  const ended = new AbortController();
  const late = async (): Promise<readonly Finding[]> => {
    await pause(limitMs, ended.signal);
    return [
      warning(`not known after ${limitMs / 1000} s`, {
        cause: 'A disk, a program or another machine gives no answer, or this machine is very busy.',
        advice: 'Look again in a moment.',
      }),
    ];
  };
  const looked = look().catch((error: unknown) => [
    warning('could not be looked at', {
      cause: error instanceof Error ? error.message : String(error),
      advice: 'This is a defect in supervm; the other checks are not touched by it.',
    }),
  ]);
  try {
    return await Promise.race([looked, late()]);
  } finally {
    ended.abort();
  }
}
