import { describe, expect, it } from 'vitest';
import { groupLimits, groupProcessorTime } from '../../../daemon/inventory/cgroup-limits.ts';

const reader = (files: { readonly [path: string]: string }) => (path: string) => files[path];
const noLimit = '9223372036854771712\n';

describe('limits of control groups', () => {
  it('are none where there are no control groups', () => {
    expect(groupLimits(reader({}))).toEqual({});
    expect(groupProcessorTime(reader({}))).toBeUndefined();
  });

  it('are read in version 2, as in a container with one core and 256 MiB', () => {
    const files = {
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n',
      '/sys/fs/cgroup/cpu.max': '100000 100000\n',
      '/sys/fs/cgroup/cpu.stat': 'usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\n',
      '/sys/fs/cgroup/memory.max': '268435456\n',
      '/sys/fs/cgroup/memory.current': '104857600\n',
      '/sys/fs/cgroup/memory.stat': 'anon 50000000\nfile 54857600\ninactive_file 4857600\n',
    };
    expect(groupLimits(reader(files))).toEqual({ cores: 1, memoryBytes: 268435456, usedMemoryBytes: 100000000 });
    expect(groupProcessorTime(reader(files))).toBe(1_234_567_000);
  });

  it('are not looked for in groups deeper than any system has, each level of which would be a folder', () => {
    const files = {
      '/proc/self/cgroup': `0::${'/a'.repeat(200_000)}\n`,
      '/sys/fs/cgroup/cgroup.controllers': 'cpu memory\n',
      '/sys/fs/cgroup/memory.max': '268435456\n',
    };
    expect(groupLimits(reader(files))).toEqual({});
  });

  it('are the tightest of all groups around, as for a service in a slice', () => {
    const files = {
      '/proc/self/cgroup': '0::/system.slice/supervm.service\n',
      '/sys/fs/cgroup/cgroup.controllers': 'cpu memory\n',
      '/sys/fs/cgroup/system.slice/supervm.service/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/system.slice/supervm.service/memory.max': 'max\n',
      '/sys/fs/cgroup/system.slice/cpu.max': '150000 100000\n',
      '/sys/fs/cgroup/system.slice/memory.max': '2147483648\n',
      '/sys/fs/cgroup/system.slice/memory.current': '1073741824\n',
    };
    expect(groupLimits(reader(files))).toEqual({ cores: 1.5, memoryBytes: 2147483648, usedMemoryBytes: 1073741824 });
  });

  it('are read in version 1, as in a container that sees the machine’s path of its group', () => {
    const files = {
      '/proc/self/cgroup': '5:memory:/docker/0123\n4:cpu,cpuacct:/docker/0123\n1:name=systemd:/docker/0123\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '50000\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/cpuacct/cpuacct.usage': '987654321\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '268435456\n',
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': '200000000\n',
      '/sys/fs/cgroup/memory/memory.stat': 'cache 100\ninactive_file 1\ntotal_inactive_file 50000000\n',
    };
    expect(groupLimits(reader(files))).toEqual({ cores: 0.5, memoryBytes: 268435456, usedMemoryBytes: 150000000 });
    expect(groupProcessorTime(reader(files))).toBe(987654321);
  });

  it('are none in version 1 without a quota, whose large number means no limit', () => {
    const files = {
      '/proc/self/cgroup': '4:memory:/\n1:cpu:/\n0::/\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': noLimit,
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': '1000\n',
    };
    expect(groupLimits(reader(files))).toEqual({});
  });

  it('are read where both versions are mounted', () => {
    const files = {
      '/proc/self/cgroup': '4:memory:/jail\n1:cpu:/\n0::/\n',
      '/sys/fs/cgroup/unified/cpu.max': '200000 100000\n',
      '/sys/fs/cgroup/memory/jail/memory.limit_in_bytes': '1000000\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': noLimit,
    };
    expect(groupLimits(reader(files))).toEqual({ cores: 2, memoryBytes: 1000000 });
  });
});
