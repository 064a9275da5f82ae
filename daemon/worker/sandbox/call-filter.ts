/**
 * The filter of system calls in every sandbox, as the bytes that bubblewrap hands to the kernel (classic BPF, one instruction in eight bytes).
 * Everything passes but what is named here: a task may be any program.
 */
import { checkedCalls, type RefusedCall, refusedCalls, unknownCalls } from './refused-calls.ts';

type Architecture = 'x64' | 'arm64';

/** Opcodes: load a word of the call's description, jump where it is equal, at least so much, or has one of some bits; and the verdict. */
const load = 0x20;
const ifEqual = 0x15;
const ifAtLeast = 0x35;
const ifAnyBit = 0x45;
const and = 0x54;
const verdict = 0x06;

const pass = 0x7fff_0000;
const fail = 0x0005_0000;
const eperm = 1;
const enosys = 38;
const eafnosupport = 97;

/** Offsets in `struct seccomp_data`; of an argument the lower half, on machines that begin with it. */
const numberAt = 0;
const architectureAt = 4;
const argumentAt = (place: number): number => 16 + 8 * place;

const auditOf: { readonly [architecture in Architecture]: number } = { x64: 0xc000_003e, arm64: 0xc000_00b7 };
/** Numbers of the x32 interface begin here: the same calls by other names. */
const x32Begins = 0x4000_0000;

/** `clone` and `unshare`: a namespace of users, files, network and so on of a task's own opens most of the kernel to it. */
const namespaceFlags = 0x7e02_0000;
/** What is typed into a terminal in its user's name. */
const terminalInput = [0x5412, 0x541c];
/** AF_UNIX, AF_INET, AF_INET6; AF_NETLINK asks for addresses. */
const families = { unix: 1, inet: 2, inet6: 10, netlink: 16 };
const netlinkProtocols = [0, 15];
const socketTypeBits = 0xf;
const rawTypes = [3, 10];

interface Instruction {
  readonly code: number;
  readonly value: number;
  /** Instructions to skip when it is so, and when it is not. */
  readonly yes?: number;
  readonly no?: number;
}

/** Undefined for a kind of processor that it is not written for. */
export function callFilter(architecture: string): Uint8Array | undefined {
  if (architecture !== 'x64' && architecture !== 'arm64') return undefined;
  const numbers = (calls: readonly RefusedCall[]): readonly number[] => calls.map((call) => call[architecture]).filter((number) => number !== undefined);
  const number = (call: RefusedCall): number => call[architecture] ?? -1;
  const program = [
    { code: load, value: architectureAt },
    // Calls of another interface (32 bits) have other numbers.
    ...when({ code: ifEqual, value: auditOf[architecture] }, [], answer(enosys)),
    { code: load, value: numberAt },
    ...(architecture === 'x64' ? when({ code: ifAtLeast, value: x32Begins }, answer(enosys)) : []),
    ...numbers(refusedCalls).flatMap((value) => when({ code: ifEqual, value }, answer(eperm))),
    ...numbers(unknownCalls).flatMap((value) => when({ code: ifEqual, value }, answer(enosys))),
    ...when({ code: ifEqual, value: number(checkedCalls.clone) }, namespaces()),
    ...when({ code: ifEqual, value: number(checkedCalls.unshare) }, namespaces()),
    ...when({ code: ifEqual, value: number(checkedCalls.ioctl) }, terminals()),
    ...when({ code: ifEqual, value: number(checkedCalls.socket) }, sockets()),
    { code: verdict, value: pass },
  ];
  return assembled(program);
}

function namespaces(): readonly Instruction[] {
  return [{ code: load, value: argumentAt(0) }, ...when({ code: ifAnyBit, value: namespaceFlags }, answer(eperm)), { code: verdict, value: pass }];
}

function terminals(): readonly Instruction[] {
  return [
    { code: load, value: argumentAt(1) },
    ...terminalInput.flatMap((value) => when({ code: ifEqual, value }, answer(eperm))),
    { code: verdict, value: pass },
  ];
}

function sockets(): readonly Instruction[] {
  const netlink = [
    { code: load, value: argumentAt(2) },
    ...netlinkProtocols.flatMap((value) => when({ code: ifEqual, value }, [{ code: verdict, value: pass }])),
    ...answer(eperm),
  ];
  const cooked = [
    { code: load, value: argumentAt(1) },
    { code: and, value: socketTypeBits },
    ...rawTypes.flatMap((value) => when({ code: ifEqual, value }, answer(eperm))),
    { code: verdict, value: pass },
  ];
  return [
    { code: load, value: argumentAt(0) },
    ...when({ code: ifEqual, value: families.netlink }, netlink),
    ...[families.unix, families.inet, families.inet6].flatMap((value) => when({ code: ifEqual, value }, cooked)),
    ...answer(eafnosupport),
  ];
}

function answer(error: number): readonly Instruction[] {
  return [{ code: verdict, value: fail | error }];
}

/** The instructions where the test holds, otherwise the other ones; each ends in a verdict or is empty. */
function when(test: Instruction, then: readonly Instruction[], otherwise: readonly Instruction[] = []): readonly Instruction[] {
  return then.length > 0 ? [{ ...test, no: then.length }, ...then] : [{ ...test, yes: otherwise.length }, ...otherwise];
}

function assembled(program: readonly Instruction[]): Uint8Array {
  const bytes = Buffer.alloc(8 * program.length);
  for (const [place, { code, value, yes = 0, no = 0 }] of program.entries()) {
    bytes.writeUInt16LE(code, 8 * place);
    bytes.writeUInt8(yes, 8 * place + 2);
    bytes.writeUInt8(no, 8 * place + 3);
    bytes.writeUInt32LE(value >>> 0, 8 * place + 4);
  }
  return bytes;
}
