import type { Inventory } from '../../src/model/inventory.ts';
import { hasRecordRoom } from '../../src/model/resources.ts';

/** Changes smaller than these are not worth a message to everybody; they are larger than what an idle machine does by itself. */
const loadStep = 0.2;
const memoryStep = 0.1;
const diskStepBytes = 2 ** 30;

/** Would anybody decide or be shown something else? Compared with what was told last, so that slow changes add up. */
export function isWorthTelling(told: Inventory, now: Inventory): boolean {
  if (JSON.stringify(steady(told)) !== JSON.stringify(steady(now))) return true;
  if (Math.abs(told.cpuLoad - now.cpuLoad) >= loadStep) return true;
  if (Math.abs(told.freeMemoryBytes - now.freeMemoryBytes) >= memoryStep * now.memoryBytes) return true;
  if (hasRecordRoom(told) !== hasRecordRoom(now)) return true;
  const diskStep = Math.max(diskStepBytes, 0.05 * told.freeDiskBytes);
  return Math.abs(told.freeDiskBytes - now.freeDiskBytes) >= diskStep || isLow(told.freeDiskBytes) !== isLow(now.freeDiskBytes);
}

function steady({ cpuLoad: _load, freeMemoryBytes: _memory, freeDiskBytes: _disk, ...rest }: Inventory): object {
  return rest;
}

function isLow(freeDiskBytes: number): boolean {
  return freeDiskBytes < diskStepBytes;
}
