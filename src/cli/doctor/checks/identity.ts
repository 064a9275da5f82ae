/** Does another machine use this node's key, and does its cluster take it for a member? Pure. */
import type { HomeMembership } from '../../../settings/daemon-checks.ts';
import { printable } from '../../output/style.ts';
import { durationText, momentText } from '../../output/units.ts';
import { check, type Finding } from '../finding.ts';

/** What the daemon says of itself in the cluster; everything else that it finds wrong is about its disk. */
export const clusterProblems: readonly string[] = ['identity-in-use', 'removed', 'refused-by-peer'];

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

export interface MembershipReading extends Pick<IdentityReading, 'problems'> {
  readonly home: HomeMembership | undefined;
  /** Unix milliseconds. */
  readonly now: number;
}

/** A certificate is renewed ten days before its end, when a machine with an admin key is met. */
const soonMs = 5 * 86_400_000;
const joining = ['supervm invite', 'supervm join'];

export function checkMembership({ home, problems, now }: MembershipReading): readonly Finding[] {
  const { ok, none, warning, failing } = check('network', 'membership');
  const problem = problems?.find(({ code }) => code === 'removed' || code === 'refused-by-peer');
  if (problem !== undefined)
    return [
      failing(printable(problem.message), { cause: 'No machine of the cluster speaks with this one.', advice: printable(problem.hint), commands: joining }),
    ];
  if (home === undefined) return [none('belongs to no cluster yet; supervm up founds one, supervm join enters one')];
  if ('encrypted' in home) return [none('the keys of this machine are encrypted; whoever has the passphrase can start its daemon')];
  if ('problem' in home) return [failing(home.problem, { cause: 'The daemon does not start with it.', advice: home.hint })];
  const { cluster, endsAt, admin } = home;
  const name = `of the cluster ${cluster.slice(0, 8)}`;
  if (endsAt === undefined || admin) return [ok(`${name}; can let other machines in`)];
  const remedy = {
    cause: 'A machine with an admin key renews it by itself when they meet, and has not met this one for weeks.',
    advice: 'Start the first two machines of the cluster. If they are lost: on a machine that can let others in the first line, here the second:',
    commands: joining,
  };
  if (endsAt <= now) return [failing(`${name}, but its certificate ended ${durationText((now - endsAt) / 1000)} ago`, remedy)];
  if (endsAt - now < soonMs) return [warning(`${name}; its certificate ends in ${durationText((endsAt - now) / 1000)}`, remedy)];
  return [ok(`${name}; certificate until ${momentText(endsAt)}`)];
}
