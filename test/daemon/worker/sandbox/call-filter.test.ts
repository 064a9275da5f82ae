/** The filter is run here by an interpreter of its own; what the kernel makes of it is in test/cluster/sandbox.test.ts. */
import { describe, expect, it } from 'vitest';
import { callFilter } from '../../../../daemon/worker/sandbox/call-filter.ts';
import { checkedCalls, refusedCalls, unknownCalls } from '../../../../daemon/worker/sandbox/refused-calls.ts';

const audit = { x64: 0xc000_003e, arm64: 0xc000_00b7 };
const pass = 'pass';

/** What the program says of a call: `pass`, or the number of an error. */
function verdictOf(program: Uint8Array, call: { readonly audit: number; readonly number: number; readonly words?: readonly number[] }): string | number {
  const bytes = Buffer.from(program);
  const description = Buffer.alloc(64);
  description.writeUInt32LE(call.number >>> 0, 0);
  description.writeUInt32LE(call.audit, 4);
  for (const [place, word] of (call.words ?? []).entries()) description.writeUInt32LE(word, 16 + 8 * place);
  let held = 0;
  for (let place = 0; place < bytes.length / 8; place += 1) {
    const code = bytes.readUInt16LE(8 * place);
    const [yes, no] = [bytes.readUInt8(8 * place + 2), bytes.readUInt8(8 * place + 3)];
    const value = bytes.readUInt32LE(8 * place + 4);
    const jump = (is: boolean): void => {
      place += is ? yes : no;
    };
    if (code === 0x20) held = description.readUInt32LE(value);
    else if (code === 0x54) held = (held & value) >>> 0;
    else if (code === 0x15) jump(held === value);
    else if (code === 0x35) jump(held >= value);
    else if (code === 0x45) jump((held & value) !== 0);
    else if (code === 0x06) return value === 0x7fff_0000 ? pass : value & 0xffff;
    else throw new Error(`no such instruction: ${code}`);
  }
  throw new Error('the program has no end');
}

describe.each(['x64', 'arm64'] as const)('on %s', (architecture) => {
  const program = callFilter(architecture) ?? new Uint8Array();
  const said = (number: number | undefined, ...words: readonly number[]) => verdictOf(program, { audit: audit[architecture], number: number ?? -1, words });

  it('is short enough for the kernel', () => {
    expect(program.length % 8).toBe(0);
    expect(program.length / 8).toBeLessThan(4096);
  });

  it('refuses what no task needs, and does not know what is too new to be looked at', () => {
    for (const call of refusedCalls) if (call[architecture] !== undefined) expect([call.name, said(call[architecture])]).toEqual([call.name, 1]);
    for (const call of unknownCalls) expect([call.name, said(call[architecture])]).toEqual([call.name, 38]);
  });

  it('passes everything else', () => {
    const named = new Set([...refusedCalls, ...unknownCalls, ...Object.values(checkedCalls)].map((call) => call[architecture]));
    for (let number = 0; number < 1000; number += 1) if (!named.has(number)) expect([number, said(number)]).toEqual([number, pass]);
  });

  it('lets nobody make namespaces, but processes and threads', () => {
    const [fork, thread] = [17, 0x3d0f00];
    for (const flags of [fork, thread, 0]) expect(said(checkedCalls.clone[architecture], flags)).toBe(pass);
    for (const call of [checkedCalls.clone, checkedCalls.unshare])
      for (const flag of [0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000])
        expect(said(call[architecture], fork | flag)).toBe(1);
  });

  it('lets nobody type for the user', () => {
    for (const request of [0x5412, 0x541c]) expect(said(checkedCalls.ioctl[architecture], 0, request)).toBe(1);
    expect(said(checkedCalls.ioctl[architecture], 0, 0x5401)).toBe(pass);
  });

  it('knows sockets of streams and datagrams, and no raw ones', () => {
    const socket = (...words: readonly number[]) => said(checkedCalls.socket[architecture], ...words);
    const nonBlocking = 0o4000;
    for (const family of [1, 2, 10]) for (const type of [1, 2]) expect(socket(family, type | nonBlocking, 0)).toBe(pass);
    for (const type of [3, 10]) expect(socket(2, type | nonBlocking, 1)).toBe(1);
    expect(socket(16, 3, 0)).toBe(pass);
    expect(socket(16, 3, 4)).toBe(1);
    for (const family of [17, 38, 40]) expect(socket(family, 1, 0)).toBe(97);
  });
});

it('knows no call of another interface of the same processor', () => {
  const program = callFilter('x64') ?? new Uint8Array();
  expect(verdictOf(program, { audit: 0x4000_0003, number: 1 })).toBe(38);
  expect(verdictOf(program, { audit: audit.x64, number: 0x4000_0001 })).toBe(38);
});

it('is not there for a processor that it is not written for', () => {
  expect(callFilter('riscv64')).toBeUndefined();
});
