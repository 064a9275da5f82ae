/** Does another machine use this node's key? Pure. */
import { printable } from '../../output/style.ts';
import { check, type Finding } from '../finding.ts';

export interface IdentityReading {
  /** What the daemon says is wrong; undefined without a daemon. */
  readonly problems: readonly { readonly code: string; readonly message: string; readonly hint: string }[] | undefined;
  readonly nodeKey: string;
}

export function checkIdentity({ problems, nodeKey }: IdentityReading): readonly Finding[] {
  const { ok, none, failing } = check('network', 'identity');
  if (problems === undefined) return [none('only a daemon meets others with the same key')];
  const problem = problems.find(({ code }) => code === 'identity-in-use');
  if (problem === undefined) return [ok('nobody else uses the key of this node')];
  return [
    failing(printable(problem.message), {
      cause: "A home folder was copied, or a disk cloned, with the node's key in it.",
      advice: 'On one of the two machines:',
      commands: ['supervm down', `rm '${nodeKey}'`, 'supervm up'],
    }),
  ];
}
