/** Graphics devices, batteries and what puts the machine to sleep, from /sys and /etc. */
import type { GpuReading } from '../checks/gpu.ts';
import type { SleepReading } from '../checks/sleep.ts';
import { hasSystemd, isUsable, listFolder, readText } from './files.ts';
import { findProgram, runProgram } from './run-program.ts';

/** Screens of virtual machines and of servers' remote consoles. */
const onlyDisplays = ['0x1234', '0x1af4', '0x15ad', '0x1a03', '0x102b', '0x80ee', '0x1b36', '0x1013', '0x1414', '0x5853'];
const timeoutMs = 2500;

export async function readGpu(): Promise<Pick<GpuReading, 'vendors' | 'devices' | 'nvidiaKernel' | 'nvidia'>> {
  const bus = '/sys/bus/pci/devices';
  const vendors = listFolder(bus)
    .filter((name) => readText(`${bus}/${name}/class`)?.startsWith('0x03'))
    .flatMap((name) => readText(`${bus}/${name}/vendor`)?.trim() ?? [])
    .filter((vendor) => !onlyDisplays.includes(vendor));
  const nvidiaKernel = /Module\s+(\d[\d.]*)/.exec(readText('/proc/driver/nvidia/version') ?? '')?.[1];
  const paths = [
    ...listFolder('/dev/dri')
      .filter((name) => name.startsWith('renderD'))
      .map((name) => `/dev/dri/${name}`),
    ...listFolder('/dev')
      .filter((name) => /^(nvidia(\d+|ctl|-uvm)|kfd)$/.test(name))
      .map((name) => `/dev/${name}`),
  ];
  const computes = vendors.length > 0 || nvidiaKernel !== undefined;
  const devices = computes ? paths.map((path) => ({ path, usable: isUsable(path) })) : [];
  return { vendors: [...new Set(vendors)], devices, nvidiaKernel, nvidia: nvidiaKernel === undefined ? undefined : await readNvidia() };
}

async function readNvidia(): Promise<GpuReading['nvidia']> {
  const file = findProgram('nvidia-smi');
  if (file === undefined) return undefined;
  const { exitCode, output, errors, late } = await runProgram(file, ['--query-gpu=name', '--format=csv,noheader'], timeoutMs);
  if (late) return { devices: [], problem: 'it gave no answer' };
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return exitCode === 0 ? { devices: lines, problem: '' } : { devices: [], problem: lines[0] ?? errors.trim().split('\n')[0] ?? `exit code ${exitCode}` };
}

export function readSleep(): Omit<SleepReading, 'system'> {
  const root = '/sys/class/power_supply';
  const supplies = listFolder(root).map((name) => {
    const read = (file: string): string | undefined => readText(`${root}/${name}/${file}`)?.trim();
    return { type: read('type'), scope: read('scope'), charge: read('capacity'), online: read('online') };
  });
  // Not of a mouse.
  const battery = supplies.find(({ type, scope }) => type === 'Battery' && scope !== 'Device');
  const mains = supplies.filter(({ type }) => type === 'Mains' || type === 'USB');
  const folders = ['/usr/lib/systemd/logind.conf.d', '/run/systemd/logind.conf.d', '/etc/systemd/logind.conf.d'];
  const files = [
    '/etc/systemd/logind.conf',
    ...folders.flatMap((folder) =>
      listFolder(folder)
        .filter((name) => name.endsWith('.conf'))
        .toSorted()
        .map((name) => `${folder}/${name}`),
    ),
  ];
  return {
    battery: battery !== undefined,
    charge: battery?.charge === undefined ? undefined : Number(battery.charge),
    onMains: mains.length === 0 ? undefined : mains.some(({ online }) => online === '1'),
    logind: files.flatMap((file) => readText(file) ?? []),
    systemd: hasSystemd(),
  };
}
