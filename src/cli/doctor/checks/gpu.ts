/** Can this machine's graphics devices compute? Pure. */
import { check, type Finding } from '../finding.ts';
import { asRoot, type System } from '../system.ts';

export interface GpuReading {
  readonly platform: string;
  /** Vendor ids of the display controllers that are no mere screens of servers and virtual machines. */
  readonly vendors: readonly string[];
  /** Device files that programs open, and whether this user may. */
  readonly devices: readonly { readonly path: string; readonly usable: boolean }[];
  /** Version of NVIDIA's part in the kernel. */
  readonly nvidiaKernel: string | undefined;
  /** What nvidia-smi says: its devices, or what is wrong. Undefined where it is not installed. */
  readonly nvidia: { readonly devices: readonly string[]; readonly problem: string } | undefined;
  readonly user: string;
  readonly system: Pick<System, 'root' | 'manager'>;
}

const names: { readonly [vendor: string]: string } = { '0x10de': 'NVIDIA', '0x1002': 'AMD', '0x8086': 'Intel' };
const nvidiaId = '0x10de';

export function checkGpu(reading: GpuReading): readonly Finding[] {
  const { ok, none, warning } = check('gpu', 'gpu');
  const { vendors, devices, nvidiaKernel, nvidia, user, system, platform } = reading;
  if (platform !== 'linux') return [none('not looked at on this system')];
  const here = vendors.map((vendor) => names[vendor] ?? `vendor ${vendor}`);
  const anyNvidia = vendors.includes(nvidiaId) || nvidiaKernel !== undefined;
  if (here.length === 0 && !anyNvidia && devices.length === 0) return [none('no graphics device; Blender renders on the processor')];
  if (anyNvidia && nvidiaKernel === undefined)
    return [
      warning('an NVIDIA device is here, but its driver is not loaded', {
        cause: 'Without the driver nothing can compute on it.',
        advice: 'Install the driver and restart the machine:',
        commands: system.manager === 'apt' ? [asRoot(system, 'apt-get install nvidia-driver')] : ['nvidia-smi'],
      }),
    ];
  if (nvidia !== undefined && /mismatch/i.test(nvidia.problem))
    return [
      warning(`the NVIDIA driver is of two versions: ${nvidiaKernel} in the kernel, another in the libraries`, {
        cause: 'It was upgraded while the old one was loaded. Nothing can compute on the device until they agree.',
        advice: 'Restart the machine:',
        commands: [asRoot(system, 'reboot')],
      }),
    ];
  const closed = devices.filter(({ usable }) => !usable).map(({ path }) => path);
  if (closed.length > 0)
    return [
      warning(`you may not use ${closed.join(', ')}`, {
        cause: 'The device files belong to groups that this user is not in.',
        advice: 'Enter them, then log in anew and restart the daemon:',
        commands: [asRoot(system, `usermod -aG video,render ${user}`), 'supervm restart'],
      }),
    ];
  if (nvidia !== undefined && nvidia.problem !== '')
    return [
      warning(`nvidia-smi: ${nvidia.problem}`, {
        cause: 'The driver is loaded, but does not work.',
        advice: 'See what the kernel says of it:',
        commands: [asRoot(system, 'dmesg | grep -i nvrm')],
      }),
    ];
  const models = nvidia !== undefined && nvidia.devices.length > 0 ? nvidia.devices : here;
  return [ok(`${models.join(', ') || devices.map(({ path }) => path).join(', ')}${nvidiaKernel === undefined ? '' : `, driver ${nvidiaKernel}`}`)];
}
