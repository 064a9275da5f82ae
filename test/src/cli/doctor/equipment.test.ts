/** Checks of programs, devices, sandbox, power, time and limits on made-up machines. */
import { describe, expect, test } from 'vitest';
import { checkGpu, type GpuReading } from '../../../../src/cli/doctor/checks/gpu.ts';
import { checkLimits } from '../../../../src/cli/doctor/checks/limits.ts';
import { checkPrograms, type FoundProgram, type ProgramsReading } from '../../../../src/cli/doctor/checks/programs.ts';
import { checkGroups, checkSandbox, type SandboxReading } from '../../../../src/cli/doctor/checks/sandbox.ts';
import { checkSleep, type SleepReading } from '../../../../src/cli/doctor/checks/sleep.ts';
import { checkTimeService, type TimeReading } from '../../../../src/cli/doctor/checks/time-service.ts';
import type { Finding } from '../../../../src/cli/doctor/finding.ts';
import { installLines, type System, systemOf } from '../../../../src/cli/doctor/system.ts';

const debian = systemOf({ platform: 'linux', osRelease: 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12"\n', userId: 1000 });
const root: System = { ...debian, root: true };
const states = (findings: readonly Finding[]): readonly string[] => findings.map(({ state }) => state);

describe('the install line', () => {
  test.each([
    ['ID=debian', 'sudo apt-get install docker.io'],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"', 'sudo apt-get install docker.io'],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"', 'sudo dnf install moby-engine'],
    ['ID=arch', 'sudo pacman -S docker'],
    ['ID="opensuse-tumbleweed"', 'sudo zypper install docker'],
    ['ID=alpine', 'sudo apk add docker'],
  ])('on %j', (osRelease, line) => expect(installLines(systemOf({ platform: 'linux', osRelease, userId: 1000 }), 'docker')).toEqual([line]));

  test('on macOS, as root, and where nobody knows', () => {
    expect(installLines(systemOf({ platform: 'darwin', osRelease: undefined, userId: 501 }), 'blender')).toEqual(['brew install --cask blender']);
    expect(installLines(systemOf({ platform: 'darwin', osRelease: undefined, userId: 501 }), 'bubblewrap')).toEqual([]);
    const ubuntu = systemOf({ platform: 'linux', osRelease: 'ID=ubuntu\nID_LIKE=debian', userId: 0 });
    expect(installLines(ubuntu, 'chromium')).toEqual(['apt-get install chromium-browser']);
    expect(installLines(root, 'blender')).toEqual(['apt-get install blender']);
    expect(installLines(systemOf({ platform: 'linux', osRelease: 'ID=mine', userId: 0 }), 'blender')).toEqual([]);
  });
});

describe('programs', () => {
  const blender: FoundProgram = { name: 'blender', version: '4.2.0', path: '/usr/bin/blender', features: ['denoise'], remark: '', late: false };
  const of = (changes: Partial<ProgramsReading>): ReadonlyMap<string, Finding> => {
    const findings = checkPrograms({ found: [], platform: 'linux', system: debian, without: [], ...changes });
    return new Map(findings.map((finding) => [finding.name, finding]));
  };

  test('that jobs need are a warning with the install line, others are only told', () => {
    const found = of({});
    expect(found.get('blender')).toMatchObject({ state: 'warning', commands: ['sudo apt-get install blender'], repairs: [] });
    expect(found.get('chromium')).toMatchObject({ state: 'not-applicable', commands: ['sudo apt-get install chromium'] });
  });

  test('can be installed by --fix for root where apt is', () => {
    expect(of({ system: root }).get('bubblewrap')?.repairs).toEqual([{ kind: 'install', command: ['apt-get', 'install', 'bubblewrap'] }]);
  });

  test('with their versions are well, and Blender without a denoiser is named', () => {
    const docker = { ...blender, name: 'docker', version: '28.2.2', remark: 'its engine does not run' } as const;
    expect(of({ found: [docker] }).get('docker')?.found).toBe('Docker 28.2.2 (its engine does not run)');
    expect(of({ found: [blender] }).get('blender')).toMatchObject({ state: 'ok', found: 'Blender 4.2.0' });
    expect(of({ found: [{ ...blender, features: ['cycles'] }] }).get('blender')).toMatchObject({
      state: 'warning',
      found: expect.stringContaining('OpenImageDenoise'),
    });
    expect(of({ found: [{ ...blender, version: undefined, features: undefined, late: true }] }).get('blender')?.found).toContain('in time');
  });

  test('that the settings keep back are not missed', () => expect(of({ without: ['blender'] }).get('blender')?.state).toBe('not-applicable'));
});

describe('graphics devices', () => {
  const reading = (changes: Partial<GpuReading>): GpuReading => ({
    platform: 'linux',
    vendors: ['0x10de'],
    devices: [{ path: '/dev/nvidia0', usable: true }],
    nvidiaKernel: '550.54',
    nvidia: { devices: ['NVIDIA H200'], problem: '' },
    user: 'ann',
    system: debian,
    ...changes,
  });

  test.each<readonly [string, Partial<GpuReading>, string, string]>([
    ['well', {}, 'ok', 'NVIDIA H200, driver 550.54'],
    ['none', { vendors: [], devices: [], nvidiaKernel: undefined, nvidia: undefined }, 'not-applicable', 'no graphics device'],
    ['without its driver', { nvidiaKernel: undefined, nvidia: undefined }, 'warning', 'not loaded'],
    ['of two versions', { nvidia: { devices: [], problem: 'Failed to initialize NVML: Driver/library version mismatch' } }, 'warning', 'two versions'],
    ['not permitted', { devices: [{ path: '/dev/dri/renderD128', usable: false }] }, 'warning', '/dev/dri/renderD128'],
    ['broken', { nvidia: { devices: [], problem: 'No devices were found' } }, 'warning', 'No devices were found'],
    ['of AMD', { vendors: ['0x1002'], nvidiaKernel: undefined, nvidia: undefined }, 'ok', 'AMD'],
  ])('%s', (_, changes, state, text) => expect(checkGpu(reading(changes))).toMatchObject([{ state, found: expect.stringContaining(text) }]));

  test('closed ones name the group to enter', () => {
    expect(checkGpu(reading({ devices: [{ path: '/dev/kfd', usable: false }] }))[0]?.commands[0]).toBe('sudo usermod -aG video,render ann');
  });
});

describe('the sandbox', () => {
  const reading = (changes: Partial<SandboxReading>): SandboxReading => ({
    platform: 'linux',
    trial: { level: 'none', reason: 'No permissions to create new namespace' },
    bubblewrap: true,
    settings: {},
    container: false,
    system: debian,
    ...changes,
  });

  test('that works is named', () =>
    expect(checkSandbox(reading({ trial: { level: 'full' } }))).toMatchObject([{ state: 'ok', found: expect.stringContaining('full') }]));

  test.each([
    ['kernel.unprivileged_userns_clone', '0', '1'],
    ['user.max_user_namespaces', '0', '15000'],
    ['kernel.apparmor_restrict_unprivileged_userns', '1', '0'],
  ])('that %s forbids names it and the line that allows it', (name, value, allowed) => {
    const [found] = checkSandbox(reading({ settings: { [name]: value } }));
    expect(found).toMatchObject({ state: 'warning', cause: expect.stringContaining(`${name} = ${value}`) });
    expect(found?.commands[0]).toBe(`sudo sysctl -w ${name}=${allowed}`);
  });

  test('whose program is missing says how to install it; in a container, how to start that', () => {
    expect(checkSandbox(reading({ bubblewrap: false }))[0]?.commands[0]).toBe('sudo apt-get install bubblewrap');
    expect(checkSandbox(reading({ container: true }))[0]?.commands[0]).toContain('docker run');
    expect(states(checkSandbox(reading({ platform: 'darwin' })))).toEqual(['warning']);
  });

  test('limits need all three kinds of groups; what was tried counts more than what seems permitted', () => {
    const of = (
      version: 1 | 2 | undefined,
      controllers: readonly string[],
      trial: { readonly level: string; readonly reason?: string } = { level: 'none' },
    ): readonly string[] => states(checkGroups({ platform: 'linux', version, controllers, container: false, trial }));
    const all = ['memory', 'pids', 'cpu', 'io'];
    expect([of(2, all), of(2, ['memory']), of(1, []), of(undefined, [])]).toEqual([['ok'], ['warning'], ['warning'], ['warning']]);
    expect(of(2, [], { level: 'full' })).toEqual(['ok']);
    expect(of(2, all, { level: 'limited', reason: 'control groups for memory and pids are not permitted here' })).toEqual(['warning']);
    expect(of(2, all, { level: 'limited', reason: 'system calls cannot be filtered here' })).toEqual(['ok']);
  });
});

describe('sleep', () => {
  const reading = (changes: Partial<SleepReading>): SleepReading => ({
    battery: true,
    charge: 80,
    onMains: true,
    logind: [],
    systemd: true,
    system: debian,
    ...changes,
  });

  test.each<readonly [string, Partial<SleepReading>, string]>([
    ['a laptop as it comes', {}, 'ok'],
    ['that sleeps when idle', { logind: ['[Login]\nIdleAction=suspend\nIdleActionSec=20min'] }, 'warning'],
    ['where a later file forbids it', { logind: ['IdleAction=suspend', '#IdleAction=hibernate\nIdleAction = ignore'] }, 'ok'],
    ['a server that sleeps when idle', { battery: false, logind: ['IdleAction=hibernate'] }, 'warning'],
    ['without systemd', { systemd: false }, 'not-applicable'],
  ])('%s', (_, changes, state) => expect(states(checkSleep(reading(changes)))).toEqual([state]));

  test('of a closed lid is told', () => {
    expect(checkSleep(reading({}))[0]?.found).toContain('lid');
    expect(checkSleep(reading({ logind: ['HandleLidSwitch=ignore'] }))[0]?.found).not.toContain('lid');
  });
});

describe('the clock’s keeper', () => {
  const reading = (changes: Partial<TimeReading>): TimeReading => ({
    processes: ['init'],
    container: false,
    systemd: true,
    platform: 'linux',
    system: debian,
    ...changes,
  });

  test.each<readonly [string, Partial<TimeReading>, string]>([
    ['systemd', { processes: ['systemd-timesyn'] }, 'ok'],
    ['chrony in a container', { processes: ['chronyd'], container: true }, 'ok'],
    ['nobody', {}, 'warning'],
    ['nobody in a container', { container: true }, 'not-applicable'],
    ['not told', { processes: undefined }, 'not-applicable'],
  ])('%s', (_, changes, state) => expect(states(checkTimeService(reading(changes)))).toEqual([state]));

  test('is switched on by systemd, or installed', () => {
    expect(checkTimeService(reading({}))[0]?.commands).toEqual(['sudo timedatectl set-ntp true']);
    expect(checkTimeService(reading({ systemd: false }))[0]?.commands).toEqual(['sudo apt-get install chrony']);
  });
});

test.each([
  [{ files: '1024      4096', processes: '100 5000', watches: 65_536 }, ['ok', 'ok', 'ok']],
  [{ files: '1024      2048', processes: '100 200', watches: 100 }, ['warning', 'warning', 'warning']],
  [{ files: '256       512', processes: 'unlimited unlimited', watches: undefined }, ['failing', 'ok', 'not-applicable']],
])('limits: %j', ({ files, processes, watches }, expected) => {
  const limits = `Limit  Soft Limit  Hard Limit  Units\nMax processes             ${processes}   processes\nMax open files            ${files}      files\n`;
  expect(states(checkLimits({ limits, ofDaemon: false, watches, user: 'ann', system: debian }))).toEqual(expected);
});
