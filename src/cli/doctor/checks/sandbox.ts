/** How well are tasks kept apart here, and can their use of the machine be limited? Pure. */
import { isAsIsolated, isolationLabel, isolationOf } from '../../../model/isolation.ts';
import type { SandboxTrial } from '../../../settings/daemon-checks.ts';
import { check, type Finding } from '../finding.ts';
import { asRoot, installLines, installWords, type System } from '../system.ts';

export interface SandboxReading {
  readonly platform: string;
  readonly trial: SandboxTrial;
  readonly bubblewrap: boolean;
  /** By name as in `sysctl`; absent: the kernel has no such setting. */
  readonly settings: { readonly [name: string]: string };
  readonly container: boolean;
  readonly system: System;
}

/** Values that forbid namespaces to ordinary users, and the line that allows them. */
const forbidding: readonly { readonly name: string; readonly value: string; readonly allow: string; readonly who: string }[] = [
  { name: 'kernel.unprivileged_userns_clone', value: '0', allow: '1', who: 'the kernel forbids user namespaces to all but root' },
  { name: 'user.max_user_namespaces', value: '0', allow: '15000', who: 'the kernel allows no user namespaces at all' },
  {
    name: 'kernel.apparmor_restrict_unprivileged_userns',
    value: '1',
    allow: '0',
    who: 'AppArmor forbids user namespaces to programs without a profile (Ubuntu 23.10 and newer)',
  },
];

export function checkSandbox({ platform, trial, bubblewrap, settings, container, system }: SandboxReading): readonly Finding[] {
  const { ok, warning } = check('sandbox', 'sandbox');
  if (isAsIsolated(isolationOf({ labels: { [isolationLabel]: trial.level } }), 'limited'))
    return [ok(`tasks are kept apart (${trial.level}${trial.reason === undefined ? '' : `: ${trial.reason}`})`)];
  const found = `tasks are not kept apart: ${trial.reason ?? 'no reason told'}`;
  const harm = trial.level === 'user' ? 'A task can read what everybody may, and use the network.' : 'A task can read and change what the daemon can.';
  if (platform !== 'linux')
    return [warning(found, { cause: `${harm} There is no sandbox for this system yet.`, advice: 'Run jobs of people you trust only.' })];
  if (!bubblewrap) {
    const [program, ...rest] = (system.root && system.manager === 'apt' ? installWords(system, 'bubblewrap') : undefined) ?? [];
    return [
      warning(found, {
        cause: harm,
        advice: 'Install bubblewrap, then restart the daemon:',
        commands: [...installLines(system, 'bubblewrap'), 'supervm restart'],
        repairs: program === undefined ? [] : [{ kind: 'install', command: [program, ...rest] }],
      }),
    ];
  }
  const culprits = system.root ? [] : forbidding.filter(({ name, value }) => settings[name] === value);
  if (culprits.length > 0)
    return [
      warning(found, {
        cause: `${culprits.map(({ name, value, who }) => `${name} = ${value}: ${who}`).join('; ')}. ${harm}`,
        advice: 'Allow it, now and after the next start of the machine, then restart the daemon:',
        commands: [
          ...culprits.flatMap(({ name, allow }) => [
            asRoot(system, `sysctl -w ${name}=${allow}`),
            `echo ${name}=${allow} | ${asRoot(system, 'tee -a /etc/sysctl.d/60-supervm.conf')}`,
          ]),
          'supervm restart',
        ],
      }),
    ];
  return [
    warning(found, {
      cause: `${container ? 'This is a container, and its engine forbids further namespaces. ' : ''}${harm}`,
      advice: container ? 'Start the container with the rights that bubblewrap needs, for example with Docker:' : 'See what forbids it:',
      commands: container
        ? ['docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined ...']
        : ['bwrap --unshare-all --ro-bind / / true'],
    }),
  ];
}

export interface GroupsReading {
  readonly platform: string;
  /** Version of the control groups; undefined where there are none. */
  readonly version: 1 | 2 | undefined;
  /** Limits that this user may set for its own processes: memory, pids, cpu. */
  readonly controllers: readonly string[];
  readonly container: boolean;
  /** What has been tried counts more than what seems to be permitted. */
  readonly trial: Pick<SandboxTrial, 'level' | 'reason'>;
}

const wantedControllers = ['memory', 'pids', 'cpu'];

export function checkGroups({ platform, version, controllers, container, trial }: GroupsReading): readonly Finding[] {
  const { ok, none, warning } = check('sandbox', 'cgroup');
  if (platform !== 'linux') return [none('this system has no control groups')];
  if (trial.level === 'full') return [ok(`version ${version}: the kernel holds tasks to their limits`)];
  const refused = /control groups for (.*) are not permitted/.exec(trial.reason ?? '')?.[1];
  const missing = wantedControllers.filter((name) => refused?.includes(name) ?? !controllers.includes(name));
  if (version !== undefined && missing.length === 0) return [ok(`version ${version}: memory, processes and processor time of tasks can be limited`)];
  const found = version === undefined ? 'the kernel has no control groups' : `version ${version}: ${missing.join(', ')} of tasks cannot be limited by them`;
  return [
    warning(found, {
      cause: `${container ? 'This container may not make groups of its own. ' : 'This user was not given a part of the groups. '}What a task uses is limited by weaker means (rlimits, a watchdog).`,
      advice: container
        ? 'Start the container with groups of its own, for example with Docker:'
        : 'With systemd, let users limit their own processes, then log in anew:',
      commands: container
        ? ['docker run --cgroupns=private -v /sys/fs/cgroup:/sys/fs/cgroup:rw ...']
        : [
            'sudo mkdir -p /etc/systemd/system/user@.service.d',
            "printf '[Service]\\nDelegate=cpu memory pids\\n' | sudo tee /etc/systemd/system/user@.service.d/delegate.conf",
            'sudo systemctl daemon-reload',
          ],
    }),
  ];
}
