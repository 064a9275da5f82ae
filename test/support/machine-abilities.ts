/** What this machine must permit for the tests that own it, each asked by doing it. */
import { spawnSync } from 'node:child_process';
import { forgetDeadClocks } from './faked-clock.ts';

interface Ability {
  readonly name: string;
  /** What cannot run without it. */
  readonly neededBy: string;
  readonly probe: readonly [string, ...string[]];
}

const abilities: readonly Ability[] = [
  { name: 'being root', neededBy: 'test/cluster', probe: ['sh', '-c', '[ "$(id -u)" = 0 ]'] },
  { name: 'network and mount namespaces', neededBy: 'test/cluster', probe: ['unshare', '--net', '--mount', 'true'] },
  { name: 'a network bridge in a namespace', neededBy: 'test/cluster', probe: ['unshare', '--net', 'ip', 'link', 'add', 'probe0', 'type', 'bridge'] },
  { name: 'virtual network cables', neededBy: 'test/cluster', probe: ['unshare', '--net', 'ip', 'link', 'add', 'probe0', 'type', 'veth'] },
  { name: 'packet filters (nft)', neededBy: 'test/cluster', probe: ['unshare', '--net', 'nft', 'add', 'table', 'inet', 'probe'] },
  {
    name: 'bubblewrap',
    neededBy: 'test/cluster and the sandbox tests',
    probe: ['bwrap', '--ro-bind', '/', '/', '--unshare-pid', '--unshare-net', '--proc', '/proc', 'true'],
  },
  {
    name: 'loop devices with ext4 that can be frozen',
    neededBy: 'test/cluster',
    probe: ['sh', '-c', 'losetup -f && command -v mkfs.ext4 && command -v fsfreeze'],
  },
  { name: 'Blender', neededBy: 'test/cluster and test/plugins', probe: ['blender', '--version'] },
  { name: 'a clock that can be moved (libfaketime)', neededBy: 'test/chaos', probe: ['faketime', '-f', '+1h', 'true'] },
  { name: 'a network device of a program (/dev/net/tun)', neededBy: 'test/chaos', probe: ['test', '-c', '/dev/net/tun'] },
  { name: 'Chromium', neededBy: 'test/cluster/browser-attacks.test.ts', probe: ['chromium', '--version'] },
  { name: 'ffmpeg', neededBy: 'test/cluster', probe: ['ffmpeg', '-version'] },
];

/** What is not possible here, in words for people; empty when everything is. */
export function missingAbilities(): readonly string[] {
  forgetDeadClocks();
  return abilities.flatMap(({ name, neededBy, probe: [program, ...programArguments] }) => {
    const tried = spawnSync(program, programArguments, { encoding: 'utf8', timeout: 60_000 });
    if (tried.status === 0) return [];
    const reason = (tried.error?.message ?? tried.stderr).trim().split('\n').at(-1) ?? '';
    return [`${name} is not possible here, so ${neededBy} cannot pass${reason === '' ? '' : ` (${reason})`}`];
  });
}
