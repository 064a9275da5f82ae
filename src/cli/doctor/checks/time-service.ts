/** Does something keep the clock right? Pure. */
import { check, type Finding } from '../finding.ts';
import { asRoot, installLines, type System } from '../system.ts';

export interface TimeReading {
  /** Names of all processes; undefined where the system does not tell. */
  readonly processes: readonly string[] | undefined;
  readonly container: boolean;
  readonly systemd: boolean;
  readonly platform: string;
  readonly system: System;
}

const services = /^(systemd-timesyn|systemd-timesyncd|chronyd|ntpd|ntpd-rs|openntpd|ntpsec|timemaster|ptp4l|phc2sys|vmtoolsd|VBoxService)$/;

export function checkTimeService({ processes, container, systemd, platform, system }: TimeReading): readonly Finding[] {
  const { ok, none, warning } = check('clock', 'time-service');
  if (platform === 'darwin') return [ok('macOS keeps the clock')];
  if (processes === undefined) return [none('this system does not tell what runs')];
  const service = processes.find((name) => services.test(name));
  if (service !== undefined) return [ok(`${service} keeps the clock`)];
  if (container) return [none('a container has the clock of its machine')];
  return [
    warning('nothing keeps the clock right', {
      cause: 'No time service runs, so the clock drifts by seconds a day.',
      advice: 'Switch one on:',
      commands: systemd ? [asRoot(system, 'timedatectl set-ntp true')] : installLines(system, 'chrony'),
    }),
  ];
}
