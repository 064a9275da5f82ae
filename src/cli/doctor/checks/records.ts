/** Is the database of job records whole, and how much do jobs take? Pure. */
import { bytesText, countText } from '../../output/units.ts';
import { check, type Finding } from '../finding.ts';

export interface RecordsReading {
  readonly file: string;
  readonly log: string;
  readonly exists: boolean;
  /** With a daemon: what it says of its disk itself. */
  readonly problems: readonly { readonly code: string; readonly message: string; readonly hint: string }[] | undefined;
  /** Without one: what SQLite found; `late` when it had no time to look through all. */
  readonly faults: readonly string[] | 'late' | undefined;
}

export function checkRecords({ file, exists, problems, faults, log }: RecordsReading): readonly Finding[] {
  const { ok, none, warning, failing } = check('disk', 'records');
  if (problems !== undefined) {
    const [problem, ...more] = problems;
    if (problem === undefined) return [ok('the daemon finds nothing wrong with its records')];
    const others = more.length === 0 ? '' : ` (and ${countText(more.length, 'more problem')})`;
    return [
      failing(`${problem.message}${others}`, { cause: 'The daemon says so itself.', advice: problem.hint, commands: ['supervm status', `tail '${log}'`] }),
    ];
  }
  if (!exists) return [none('no job records yet')];
  if (faults === 'late') return [ok('not looked through whole for want of time; the daemon verifies what it reads')];
  if (faults === undefined) return [none('not looked at')];
  const [first] = faults;
  if (first === undefined) return [ok('the database of job records is whole')];
  if (/locked|busy/.test(first))
    return [warning(`the records cannot be looked at: ${first}`, { cause: `Another program uses ${file} just now.`, advice: 'Look again in a moment.' })];
  return [
    failing(`the database of job records is damaged: ${first}`, {
      cause: 'The disk lost or changed something. What other machines have comes back by itself at the next start.',
      advice: 'Start the daemon while other machines of the cluster are up. Only where there is no other machine, give up what cannot be read:',
      commands: ['supervm up', 'supervm up --accept-loss'],
    }),
  ];
}

export function checkBlobs(blobs: { readonly files: number; readonly bytes: number; readonly complete: boolean } | undefined): readonly Finding[] {
  const { ok, none } = check('disk', 'blobs');
  if (blobs === undefined) return [none('not counted: the disk did not answer in time')];
  if (blobs.files === 0) return [ok('no files of jobs are stored here')];
  return [ok(`${blobs.complete ? '' : 'more than '}${bytesText(blobs.bytes)} in ${countText(blobs.files, 'file')} of jobs stored here`)];
}
