/** Do supervm's folders and keys belong to this user alone? Pure. */
import type { FolderLook } from '../../../settings/daemon-checks.ts';
import { check, type Finding, type Repair } from '../finding.ts';

export interface FoldersReading {
  readonly home: string;
  readonly looks: readonly FolderLook[];
  /** Of whoever asks. */
  readonly userId: number;
}

/** What others may do with a file, as `ls` shows it. */
const others = 0o077;

export function checkFolders(reading: FoldersReading): readonly Finding[] {
  const { ok, none, failing } = check('folders', 'private');
  const { home, looks, userId } = reading;
  const there = looks.flatMap(({ path, found }) => (found === undefined ? [] : [{ path, ...found }]));
  if (!there.some(({ path }) => path === home)) return [none(`${home} is not there yet; the first start makes it`)];
  const strange = there.find(({ kind, path }) => kind === 'link' || kind === 'other' || (path === home && kind !== 'folder'));
  if (strange !== undefined)
    return [
      failing(`${strange.path} is a ${strange.kind === 'other' ? 'special file' : strange.kind}`, {
        cause: 'Somebody else may have put it there to read what supervm writes.',
        advice: 'Look at it, and remove it:',
        commands: [`ls -ld '${strange.path}'`, `rm '${strange.path}'`],
      }),
    ];
  const foreign = there.filter((one) => one.userId !== userId);
  if (foreign.length > 0) return [ofOthers(foreign, reading)];
  const open = there.filter(({ mode }) => (mode & others) !== 0);
  if (open.length === 0) return [ok(`${home} and its keys: only you can read them`)];
  const repairs = open.map(({ path, kind }): Repair => ({ kind: 'set-mode', path, mode: kind === 'folder' ? 0o700 : 0o600 }));
  return [
    failing(`other users can read ${open.map(({ path }) => path).join(', ')}`, {
      cause: 'Whoever reads the keys can join your cluster and run programs on its machines.',
      advice: 'Close them:',
      commands: [...repairs.map((repair) => (repair.kind === 'set-mode' ? `chmod ${repair.mode.toString(8)} '${repair.path}'` : ''))],
      repairs,
    }),
  ];
}

function ofOthers(foreign: readonly { readonly path: string; readonly userId: number }[], { home, userId }: FoldersReading): Finding {
  const { failing } = check('folders', 'private');
  const list = foreign.map(({ path, userId: owner }) => `${path} (user ${owner})`).join(', ');
  return failing(`belongs to another user: ${list}`, {
    cause: 'Most likely supervm ran as root or as another user once.',
    advice: 'Run supervm as that user, or take the files over:',
    commands: [`sudo chown -R ${userId} '${home}'`],
  });
}
