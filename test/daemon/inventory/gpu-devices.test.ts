/** Made-up machines: folders as the kernel and its drivers lay them out. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readGpuDevices } from '../../../daemon/inventory/gpu-devices.ts';
import { gpusOf } from '../../../daemon/inventory/graphics.ts';

function machineOf(files: { readonly [path: string]: string }): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'supervm-gpus-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode: 0o666 });
  }
  return root;
}

const pci = (device: string, vendor: string, more: { readonly [name: string]: string } = {}) =>
  Object.fromEntries(
    Object.entries({ class: '0x030000\n', vendor: `${vendor}\n`, ...more }).map(([name, text]) => [`sys/bus/pci/devices/${device}/${name}`, text]),
  );
const information = (minor: number, uuid: string): string => `Model: \t\t A card\nGPU UUID: \t ${uuid}\nDevice Minor: \t ${minor}\nExcluded:\t No\n`;
const files = (...paths: readonly string[]) => Object.fromEntries(paths.map((path) => [path, '']));

test('of each GPU the nodes that compute, with those of its driver, and not the screens’', () => {
  const root = machineOf({
    ...pci('0000:01:00.0', '0x10de', { 'drm/card1/dev': '', 'drm/renderD128/dev': '' }),
    ...pci('0000:02:00.0', '0x10de'),
    ...pci('0000:03:00.0', '0x1002', { 'drm/renderD130/dev': '', unique_id: '1a2b3c\n' }),
    ...pci('0000:04:00.0', '0x8086', { class: '0x020000\n' }),
    'proc/driver/nvidia/gpus/0000:01:00.0/information': information(0, 'GPU-aa-11'),
    'proc/driver/nvidia/gpus/0000:02:00.0/information': information(1, 'GPU-bb-22'),
    ...files('dev/nvidia0', 'dev/nvidia1', 'dev/nvidiactl', 'dev/nvidia-uvm', 'dev/kfd', 'dev/dri/card1', 'dev/dri/renderD128', 'dev/dri/renderD130'),
  });
  const common = ['/dev/nvidiactl', '/dev/nvidia-uvm'];
  expect(readGpuDevices(root)).toMatchObject([
    { device: '0000:01:00.0', nodes: ['/dev/dri/renderD128', '/dev/nvidia0', ...common], environment: { CUDA_VISIBLE_DEVICES: 'GPU-aa-11' } },
    { device: '0000:02:00.0', nodes: ['/dev/nvidia1', ...common], environment: { CUDA_VISIBLE_DEVICES: 'GPU-bb-22' } },
    { device: '0000:03:00.0', nodes: ['/dev/dri/renderD130', '/dev/kfd'], environment: { ROCR_VISIBLE_DEVICES: 'GPU-1a2b3c' } },
  ]);
});

test('one without a node of its own can be given to nobody', () => {
  const root = machineOf({ ...pci('0000:00:02.0', '0x1234', { 'drm/card0/dev': '' }), ...files('dev/dri/card0', 'dev/nvidiactl') });
  expect(readGpuDevices(root)).toEqual([]);
  expect(readGpuDevices(join(root, 'nowhere'))).toEqual([]);
});

test('what people are told of a GPU names its device where there is one', () => {
  const controllers = ['01:00.0', '0000:02:00.0', ''].map((busAddress) => ({ vendor: 'NVIDIA', model: 'A card', vram: null, vramDynamic: false, busAddress }));
  const devices = ['0000:01:00.0', '0000:02:00.0'].map((device) => ({ device }));
  expect(gpusOf(controllers, devices).map(({ device }) => device)).toEqual(['0000:01:00.0', '0000:02:00.0', undefined]);
});
