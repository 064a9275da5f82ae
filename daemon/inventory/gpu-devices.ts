/** GPUs as the kernel knows them: what a task must see of the machine to use one of them, and nothing of the others. */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Inventory } from '../../src/model/inventory.ts';

export interface GpuDevice {
  /** Its place on the bus, e.g. `0000:01:00.0`: names it on this machine. */
  readonly device: string;
  /** Device nodes: its own, and those of the driver that each user of any such GPU needs. */
  readonly nodes: readonly string[];
  /** Folders below /sys by which programs find it. */
  readonly folders: readonly string[];
  /** Groups whose members may open the nodes, where not everybody may. */
  readonly groups: readonly number[];
  /** Which names it to the driver's libraries; of several GPUs the values are joined by commas. */
  readonly environment: { readonly [variable: string]: string };
}

/** Those that this node tells of, and can therefore be asked for. */
export function advertisedDevices({ gpus }: Pick<Inventory, 'gpus'>): readonly GpuDevice[] {
  return readGpuDevices().filter(({ device }) => gpus.some((gpu) => gpu.device === device));
}

const nvidia = '0x10de';
const amd = '0x1002';
const bus = 'sys/bus/pci/devices';

/** `root`: another folder than / in tests. Empty on systems without such a /sys. */
export function readGpuDevices(root = '/'): readonly GpuDevice[] {
  return list(join(root, bus))
    .filter((device) => text(join(root, bus, device, 'class')).startsWith('0x03'))
    .flatMap((device) => {
      const { own, common, environment } = nodesOf(root, device);
      const present = (nodes: readonly string[]): readonly string[] => nodes.filter((node) => existsSync(join(root, node)));
      if (present(own).length === 0) return [];
      const nodes = [...present(own), ...present(common)];
      const folders = [realpathSync(join(root, bus, device)), '/sys/dev/char', '/sys/class/drm'];
      return [{ device, nodes, folders, groups: groupsOf(root, nodes), environment }];
    });
}

interface Found {
  readonly own: readonly string[];
  readonly common: readonly string[];
  readonly environment: GpuDevice['environment'];
}

/** Render nodes compute; the nodes of screens (`card0`) are nobody's but the owner's. */
function nodesOf(root: string, device: string): Found {
  const folder = join(root, bus, device);
  const render = list(join(folder, 'drm'))
    .filter((name) => /^renderD\d+$/.test(name))
    .map((name) => `/dev/dri/${name}`);
  switch (text(join(folder, 'vendor'))) {
    case nvidia: {
      const told = text(join(root, 'proc/driver/nvidia/gpus', device, 'information'));
      const minor = /^Device Minor:\s*(\d+)/m.exec(told)?.[1];
      const uuid = /^GPU UUID:\s*(GPU-[0-9a-f-]+)/m.exec(told)?.[1];
      return {
        own: [...render, ...(minor === undefined ? [] : [`/dev/nvidia${minor}`])],
        common: ['/dev/nvidiactl', '/dev/nvidia-uvm', '/dev/nvidia-modeset'],
        environment: uuid === undefined ? {} : { CUDA_VISIBLE_DEVICES: uuid },
      };
    }
    case amd: {
      const unique = text(join(folder, 'unique_id'));
      return { own: render, common: ['/dev/kfd'], environment: /^[0-9a-f]*[1-9a-f]/.test(unique) ? { ROCR_VISIBLE_DEVICES: `GPU-${unique}` } : {} };
    }
    default:
      return { own: render, common: [], environment: {} };
  }
}

function groupsOf(root: string, nodes: readonly string[]): readonly number[] {
  const stats = nodes.map((node) => statSync(join(root, node)));
  return [...new Set(stats.filter(({ mode, gid }) => (mode & 0o006) !== 0o006 && gid !== 0).map(({ gid }) => gid))];
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return '';
  }
}
