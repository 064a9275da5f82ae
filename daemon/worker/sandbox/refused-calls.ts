/** System calls that no task needs and by which kernels have been broken, or by which a sandbox could be left. Numbers: x86-64, arm64. */

export interface RefusedCall {
  readonly name: string;
  /** Undefined: the architecture has no such call. */
  readonly x64: number | undefined;
  readonly arm64: number | undefined;
}

const call = (name: string, x64: number | undefined, arm64: number | undefined): RefusedCall => ({ name, x64, arm64 });
/** Newer calls have one number everywhere. */
const both = (name: string, number: number): RefusedCall => call(name, number, number);

/** Answered with EPERM. */
export const refusedCalls: readonly RefusedCall[] = [
  ...[call('mount', 165, 40), call('umount2', 166, 39), call('pivot_root', 155, 41), call('chroot', 161, 51), call('setns', 308, 268)],
  ...[both('open_tree', 428), both('move_mount', 429), both('fsopen', 430), both('fsconfig', 431), both('fsmount', 432), both('fspick', 433)],
  ...[both('mount_setattr', 442), both('quotactl_fd', 443), both('open_tree_attr', 467)],
  ...[call('ptrace', 101, 117), call('process_vm_readv', 310, 270), call('process_vm_writev', 311, 271), call('kcmp', 312, 272), both('pidfd_getfd', 438)],
  ...[call('add_key', 248, 217), call('request_key', 249, 218), call('keyctl', 250, 219)],
  ...[call('bpf', 321, 280), call('perf_event_open', 298, 241), call('userfaultfd', 323, 282), call('fanotify_init', 300, 262)],
  ...[call('kexec_load', 246, 104), call('kexec_file_load', 320, 294), call('reboot', 169, 142)],
  ...[call('init_module', 175, 105), call('finit_module', 313, 273), call('delete_module', 176, 106)],
  ...[call('swapon', 167, 224), call('swapoff', 168, 225), call('acct', 163, 89), call('syslog', 103, 116), call('quotactl', 179, 60)],
  ...[call('name_to_handle_at', 303, 264), call('open_by_handle_at', 304, 265), call('lookup_dcookie', 212, 18), call('vhangup', 153, 58)],
  ...[call('settimeofday', 164, 170), call('clock_settime', 227, 112), call('adjtimex', 159, 171), call('clock_adjtime', 305, 266)],
  ...[call('sethostname', 170, 161), call('setdomainname', 171, 162), call('iopl', 172, undefined), call('ioperm', 173, undefined)],
  ...[call('migrate_pages', 256, 238), call('move_pages', 279, 239), call('nfsservctl', 180, 42), call('uselib', 134, undefined)],
  ...[call('ustat', 136, undefined), call('sysfs', 139, undefined), call('_sysctl', 156, undefined)],
];

/** Answered with ENOSYS, as by an older kernel: then programs take the older call, whose arguments can be looked at, or do without. */
export const unknownCalls: readonly RefusedCall[] = [
  both('clone3', 435),
  both('io_uring_setup', 425),
  both('io_uring_enter', 426),
  both('io_uring_register', 427),
];

/** Looked at with their arguments. */
export const checkedCalls = {
  clone: call('clone', 56, 220),
  unshare: call('unshare', 272, 97),
  ioctl: call('ioctl', 16, 29),
  socket: call('socket', 41, 198),
} as const;
