/** Will this machine fall asleep in the middle of a task? Pure. */
import { check, type Finding } from '../finding.ts';
import { asRoot, type System } from '../system.ts';

export interface SleepReading {
  readonly battery: boolean;
  /** Percent, where a battery tells. */
  readonly charge: number | undefined;
  readonly onMains: boolean | undefined;
  /** Texts of logind's files, the later ones win; empty: no systemd. */
  readonly logind: readonly string[];
  readonly systemd: boolean;
  readonly system: Pick<System, 'root'>;
}

const sleeping = /^(suspend|hibernate|hybrid-sleep|suspend-then-hibernate|sleep|poweroff|halt)$/;

export function checkSleep({ battery, charge, onMains, logind, systemd, system }: SleepReading): readonly Finding[] {
  const { ok, none, warning } = check('power', 'sleep');
  if (!systemd) return [none(battery ? 'a laptop; this system does not tell when it falls asleep' : 'no battery, and no systemd that could put it to sleep')];
  const settings = new Map<string, string>();
  for (const line of logind.join('\n').split('\n')) {
    const [, key, value] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) settings.set(key, value);
  }
  const idle = settings.get('IdleAction') ?? 'ignore';
  if (sleeping.test(idle))
    return [
      warning(`falls asleep when idle (IdleAction=${idle}${settings.has('IdleActionSec') ? ` after ${settings.get('IdleActionSec')}` : ''})`, {
        cause: 'Idle means that nobody types; a task at work does not count. Its tasks then go to other machines and are done again.',
        advice: 'Let it stay awake, or start the daemon so that it holds sleep off:',
        commands: [
          asRoot(system, 'mkdir -p /etc/systemd/logind.conf.d'),
          `printf '[Login]\\nIdleAction=ignore\\n' | ${asRoot(system, 'tee /etc/systemd/logind.conf.d/60-supervm.conf')}`,
          asRoot(system, 'systemctl kill -s HUP systemd-logind'),
        ],
      }),
    ];
  const kind = battery ? `a laptop${charge === undefined ? '' : `, battery at ${charge} %`}${onMains === false ? ', not on mains' : ''}` : 'no battery';
  const lid = battery && sleeping.test(settings.get('HandleLidSwitch') ?? 'suspend') ? '; sleeps when the lid is closed' : '';
  return [ok(`${kind}; does not fall asleep when idle${lid}`)];
}
