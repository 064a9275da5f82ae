/** The command by which a process comes into its groups and under its limits before its own first instruction. */
import type { ProcessSpec } from './messages.ts';

export interface StartCommand {
  readonly file: string;
  readonly args: readonly string[];
}

/** Descriptor of `ProcessSpec.filter`. */
export const filterDescriptor = 4;
/** `ulimit -f` counts blocks of so many bytes. */
const blockBytes = 512;
/** When memory runs out on the whole machine a task ends before any daemon. */
const killedFirst = 500;
/** Of util-linux; becomes the program without a fork. The disk serves the machine's owner first; `-t`: one that knows no classes changes nothing. */
const idleDisk = 'if [ -x /usr/bin/ionice ]; then set -- /usr/bin/ionice -c 3 -t "$@"; fi';

/** A shell of a few lines, which is then replaced: nothing that is forked meanwhile could stay outside. `doors`: of its control groups, see `ControlGroup`. */
export function startCommand({ file, args, filter, limits }: Pick<ProcessSpec, 'file' | 'args' | 'filter' | 'limits'>, doors: readonly string[]): StartCommand {
  if (filter === undefined && limits === undefined && doors.length === 0) return { file, args };
  const fileLimit = limits?.disk === undefined ? '' : `ulimit -f ${Math.ceil(limits.disk.bytes / blockBytes)}; `;
  const script = [
    // 125 is nobody's own code here.
    'while [ "$1" != -- ]; do echo 0 >"$1" || exit 125; shift; done; shift',
    `echo ${killedFirst} 2>/dev/null >/proc/self/oom_score_adj`,
    `${fileLimit}ulimit -c 0`,
    filter === undefined ? '' : 'filter=$1; shift',
    idleDisk,
    filter === undefined ? 'exec "$@"' : `exec "$@" ${filterDescriptor}<"$filter"`,
  ].join('\n');
  return { file: '/bin/sh', args: ['-c', script, 'sh', ...doors, '--', ...(filter === undefined ? [] : [filter]), file, ...args] };
}
