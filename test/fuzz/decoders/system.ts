/** What the system and its programs print, as `supervm doctor` and the inventory read it. */
import { allowedProcessors } from '../../../daemon/inventory/capacity.ts';
import { checkDaemonLog } from '../../../src/cli/doctor/checks/daemon-log.ts';
import { checkHomeDisk } from '../../../src/cli/doctor/checks/home-disk.ts';
import { readIptablesRules } from '../../../src/cli/doctor/firewall/iptables-rules.ts';
import { readNftRules } from '../../../src/cli/doctor/firewall/nft-rules.ts';
import { type FilterChain, fateOf } from '../../../src/cli/doctor/firewall/packet-filter.ts';
import { readSockets } from '../../../src/cli/doctor/readers/listening.ts';
import { holderIn } from '../../../src/cli/doctor/readers/lock-holder.ts';
import { installLines, systemOf } from '../../../src/cli/doctor/system.ts';
import type { Decoder } from '../decoder.ts';

const chain = (name: string, more = {}) => ({ chain: { family: 'inet', table: 'filter', name, ...more } });
const match = (left: object, right: unknown, op = '==') => ({ match: { op, left, right } });
const rule = (of: string, ...expr: readonly object[]) => ({ rule: { family: 'inet', table: 'filter', chain: of, expr } });
const ruleset = {
  nftables: [
    { metainfo: { version: '1.0.6' } },
    chain('input', { type: 'filter', hook: 'input', prio: 0, policy: 'drop' }),
    chain('others'),
    rule('input', match({ ct: { key: 'state' } }, { set: ['established', 'related'] }, 'in'), { accept: null }),
    rule(
      'input',
      match({ payload: { protocol: 'tcp', field: 'dport' } }, { set: [22, { range: [7000, 8000] }] }),
      { counter: {} },
      { jump: { target: 'others' } },
    ),
    rule('others', match({ payload: { protocol: 'ip', field: 'daddr' } }, { prefix: { addr: '224.0.0.0', len: 4 } }, '!='), { drop: null }),
    rule('others', match({ meta: { key: 'iifname' } }, 'lo'), { reject: null }),
  ],
};
const iptables = `*filter
:INPUT DROP [0:0]
:others - [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT ! -i lo -p udp -m multiport --dports 5353,7946:7950 -m comment --comment "a b" -j others
-A others -d 224.0.0.0/4 -j DROP
COMMIT`;

function fatesIn(chains: readonly FilterChain[]): void {
  for (const direction of ['input', 'output'] as const) {
    fateOf({ direction, protocol: 'tcp', port: 7946 }, chains);
    fateOf({ direction, protocol: 'udp', port: 5353, destination: '224.0.0.251' }, chains);
  }
}

const disk = { place: '/home/a', freeBytes: 2 ** 40, totalBytes: 2 ** 41, freeFiles: 0, totalFiles: 0 };
const line = (level: string, more = {}): string => JSON.stringify({ level, time: '2030-01-01T00:00:00.000Z', msg: 'ready', ...more });

export const systemDecoders: readonly Decoder[] = [
  { kind: 'value', name: 'nft-rules', samples: [ruleset], run: (value) => fatesIn(readNftRules(JSON.stringify(value) ?? 'null')) },
  { kind: 'text', name: 'nft-texts', samples: [JSON.stringify(ruleset)], run: (text) => fatesIn(readNftRules(text)) },
  { kind: 'text', name: 'iptables-rules', samples: [iptables], run: (text) => fatesIn(readIptablesRules(text)) },
  {
    kind: 'text',
    name: 'socket-tables',
    samples: ['  sl  local_address rem_address st\n   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 31337 1'],
    run: (text) => [readSockets('tcp', text), readSockets('udp', text)],
  },
  { kind: 'text', name: 'lock-tables', samples: ['1: POSIX  ADVISORY  WRITE 815 08:01:31337 0 EOF'], run: (text) => holderIn(text, 31_337) },
  {
    kind: 'text',
    name: 'mount-tables',
    samples: ['36 35 98:0 / /home\\040a rw,noatime master:1 - ext4 /dev/root ro,errors=continue\n37 35 0:50 / / rw - nfs4 box:/a rw'],
    run: (text) => checkHomeDisk({ home: '/home/a', disk, write: { tookMs: 3 }, mounts: text }),
  },
  {
    kind: 'text',
    name: 'os-releases',
    samples: ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nID_LIKE="ubuntu debian"\n'],
    run: (text) => installLines(systemOf({ platform: 'linux', osRelease: text, userId: 1 }), 'chromium'),
  },
  {
    kind: 'text',
    name: 'daemon-logs',
    samples: [[line('info'), line('error', { msg: 'm', error: { message: 'no\nroom' } }), line('fatal', { problem: 'p' })].join('\n')],
    run: (text) => checkDaemonLog({ file: '/a', tail: text, running: false, now: Date.parse('2030-01-01T01:00:00Z') }),
  },
  { kind: 'text', name: 'processor-sets', samples: ['Name:\tnode\nCpus_allowed_list:\t0-3,8\n'], run: allowedProcessors },
];
