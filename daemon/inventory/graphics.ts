/** GPUs, as far as the machine tells. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Gpu } from '../../src/model/inventory.ts';
import { type GpuDevice, readGpuDevices } from './gpu-devices.ts';

/** What systeminformation tells of a display controller; sizes in MiB. */
export interface Controller {
  readonly vendor: string;
  readonly model: string;
  readonly name?: string | undefined;
  readonly vram: number | null;
  readonly vramDynamic: boolean;
  readonly memoryTotal?: number | undefined;
  readonly driverVersion?: string | undefined;
  /** `01:00.0`, or with the domain before it. */
  readonly busAddress?: string | undefined;
}

/** Screens of virtual machines and of servers' remote consoles: they compute nothing. */
const onlyDisplays = /aspeed|basic render|bochs|cirrus|hyper-v|matrox|qxl|red hat|virtio|virtualbox|vmware|xen/i;

/** `devices`: those that can be given to a task. */
export function gpusOf(controllers: readonly Controller[], devices: readonly Pick<GpuDevice, 'device'>[] = []): readonly Gpu[] {
  return controllers.flatMap((controller) => {
    const model = (controller.name || controller.model || '').trim();
    if (model === '' || onlyDisplays.test(`${controller.vendor} ${model}`)) return [];
    const mebibytes = controller.memoryTotal ?? (controller.vramDynamic ? 0 : (controller.vram ?? 0));
    const address = controller.busAddress?.toLowerCase() || undefined;
    const device = devices.find((one) => address !== undefined && one.device.endsWith(address))?.device;
    return [
      {
        model,
        ...(mebibytes > 0 ? { memoryBytes: mebibytes * 2 ** 20 } : {}),
        ...(controller.driverVersion ? { driver: controller.driverVersion } : {}),
        ...(device === undefined ? {} : { device }),
      },
    ];
  });
}

/** Loads systeminformation (some 11 MiB) only where there is something to be asked. */
export async function readGpus(): Promise<readonly Gpu[]> {
  if (process.platform === 'linux' && !hasDisplayController()) return [];
  const { graphics } = await import('systeminformation');
  return gpusOf((await graphics()).controllers, readGpuDevices());
}

function hasDisplayController(): boolean {
  return (
    list('/sys/class/drm').some((name) => /^card\d+$/.test(name)) || list('/sys/bus/pci/devices').some(isDisplayController) || existsSync('/dev/nvidiactl')
  );
}

/** PCI class 03: display controllers. */
function isDisplayController(device: string): boolean {
  try {
    return readFileSync(join('/sys/bus/pci/devices', device, 'class'), 'latin1').startsWith('0x03');
  } catch {
    return false;
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
