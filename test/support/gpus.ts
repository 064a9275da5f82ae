import type { GpuDevice } from '../../daemon/inventory/gpu-devices.ts';

export function gpuDevice(device: string, changes: Partial<GpuDevice> = {}): GpuDevice {
  return { device, nodes: [], folders: [], groups: [], environment: {}, ...changes };
}
