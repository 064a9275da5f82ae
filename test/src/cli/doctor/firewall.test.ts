import { describe, expect, test } from 'vitest';
import { checkFirewall, droppedDiscovery } from '../../../../src/cli/doctor/checks/firewall.ts';
import { readIptablesRules } from '../../../../src/cli/doctor/firewall/iptables-rules.ts';
import { readNftRules } from '../../../../src/cli/doctor/firewall/nft-rules.ts';
import { fateOf, type Packet } from '../../../../src/cli/doctor/firewall/packet-filter.ts';

const tcp: Packet = { direction: 'input', protocol: 'tcp', port: 7946 };
const udp: Packet = { direction: 'input', protocol: 'udp', port: 7946 };
const mdns: Packet = { direction: 'input', protocol: 'udp', port: 5353, destination: '224.0.0.251' };

type Json = unknown;
const match = (left: Json, right: Json, op = '=='): Json => ({ match: { op, left, right } });
const port = (protocol: string, right: Json, op?: string): Json => match({ payload: { protocol, field: 'dport' } }, right, op);
const state = (...states: string[]): Json => match({ ct: { key: 'state' } }, { set: states });

/** One table `inet filter` with an input chain of these rules, and others to jump to. */
function nft(policy: 'accept' | 'drop', rules: readonly (readonly Json[])[], others: { readonly [chain: string]: readonly (readonly Json[])[] } = {}): string {
  const at = { family: 'inet', table: 'filter' };
  const rulesOf = (chain: string, list: readonly (readonly Json[])[]): Json[] => list.map((expr) => ({ rule: { ...at, chain, expr } }));
  return JSON.stringify({
    nftables: [
      { metainfo: { json_schema_version: 1 } },
      { chain: { ...at, name: 'input', type: 'filter', hook: 'input', prio: 0, policy } },
      ...Object.keys(others).map((name) => ({ chain: { ...at, name } })),
      ...rulesOf('input', rules),
      ...Object.entries(others).flatMap(([name, list]) => rulesOf(name, list)),
    ],
  });
}

const fates = (text: string): readonly string[] => [tcp, udp, mdns].map((packet) => fateOf(packet, readNftRules(text)).outcome);
const accept = { accept: null };
const drop = { drop: null };

describe('what nft does to our packets', () => {
  test.each<readonly [string, string, readonly string[]]>([
    ['no rules', '{"nftables":[]}', ['accepted', 'accepted', 'accepted']],
    ['a policy that drops', nft('drop', []), ['dropped', 'dropped', 'dropped']],
    ['what answers may come in', nft('drop', [[state('established', 'related'), accept]]), ['dropped', 'dropped', 'dropped']],
    ['one port open', nft('drop', [[port('tcp', 7946), accept]]), ['accepted', 'dropped', 'dropped']],
    [
      'a range and a set',
      nft('drop', [
        [port('tcp', { range: [7000, 8000] }), accept],
        [port('udp', { set: [53, { range: [5000, 7999] }] }), accept],
      ]),
      ['accepted', 'accepted', 'accepted'],
    ],
    ['all ports but one', nft('drop', [[port('tcp', 22, '!='), accept]]), ['accepted', 'dropped', 'dropped']],
    ['loopback alone', nft('drop', [[match({ meta: { key: 'iifname' } }, 'lo'), accept]]), ['dropped', 'dropped', 'dropped']],
    ['one interface', nft('drop', [[match({ meta: { key: 'iifname' } }, 'eth1'), accept]]), ['unsure', 'unsure', 'unsure']],
    [
      'multicast dropped',
      nft('accept', [[match({ payload: { protocol: 'ip', field: 'daddr' } }, { prefix: { addr: '224.0.0.0', len: 4 } }), drop]]),
      ['accepted', 'accepted', 'dropped'],
    ],
    ['multicast dropped by its kind', nft('accept', [[match({ meta: { key: 'pkttype' } }, 'multicast'), drop]]), ['accepted', 'accepted', 'dropped']],
    [
      'a reject after a jump',
      nft('accept', [[{ jump: { target: 'mine' } }]], { mine: [[port('udp', 7946), { reject: null }]] }),
      ['accepted', 'dropped', 'accepted'],
    ],
    [
      'a jump that returns',
      nft('drop', [[{ jump: { target: 'mine' } }], [accept]], { mine: [[{ return: null }], [drop]] }),
      ['accepted', 'accepted', 'accepted'],
    ],
    ['a rule of unknown meaning that accepts', nft('drop', [[{ xt: { type: 'match' } }, accept]]), ['unsure', 'unsure', 'unsure']],
    ['a rule of unknown meaning that drops', nft('accept', [[{ limit: { rate: 1 } }, drop]]), ['unsure', 'unsure', 'unsure']],
    ['an unknown rule before one that accepts anyway', nft('drop', [[{ xt: {} }, accept], [accept]]), ['accepted', 'accepted', 'accepted']],
    ['IPv6 alone', nft('accept', [[match({ payload: { protocol: 'ip6', field: 'saddr' } }, 'fe80::1'), drop]]), ['accepted', 'accepted', 'accepted']],
  ])('%s', (_, text, expected) => expect(fates(text)).toEqual(expected));

  test('a later chain at the same hook drops what an earlier one accepted', () => {
    const both = JSON.parse(nft('accept', [])) as { nftables: Json[] };
    both.nftables.push({ chain: { family: 'ip', table: 'late', name: 'in', hook: 'input', policy: 'drop' } });
    expect(fates(JSON.stringify(both))).toEqual(['dropped', 'dropped', 'dropped']);
  });

  test('chains that jump to each other for ever come to an end', () => {
    const circle = nft('drop', [[{ jump: { target: 'a' } }]], { a: [[{ jump: { target: 'b' } }]], b: [[{ jump: { target: 'a' } }]] });
    expect(fates(circle)).toEqual(['dropped', 'dropped', 'dropped']);
  });
});

describe('a filter as large as that of a machine with many containers', () => {
  const many = 10_000;

  test('is walked to its end, though no rule of it is understood', () => {
    expect(fates(nft('drop', Array(many).fill([{ xt: {} }, accept])))).toEqual(['unsure', 'unsure', 'unsure']);
    expect(fates(nft('drop', [...Array<readonly Json[]>(many).fill([{ xt: {} }, accept]), [accept]]))).toEqual(['accepted', 'accepted', 'accepted']);
  });

  test('is walked once, though each of its chains is jumped to from everywhere', () => {
    const levels = Array.from({ length: 12 }, (_, level) => `level-${level}`);
    const jumps = (to: string | undefined): Json[][] => Array(12).fill(to === undefined ? [{ counter: {} }] : [{ jump: { target: to } }]) as Json[][];
    const others = Object.fromEntries(levels.map((name, level) => [name, jumps(levels[level + 1])]));
    expect(fates(nft('drop', [...jumps(levels[0]), [port('udp', 7946), accept]], others))).toEqual(['dropped', 'accepted', 'dropped']);
  });
});

describe('what iptables does to our packets', () => {
  const saved = (...lines: readonly string[]): string => ['*nat', ':INPUT DROP [0:0]', 'COMMIT', '*filter', ...lines, 'COMMIT'].join('\n');
  const of = (text: string): readonly string[] => [tcp, udp, mdns].map((packet) => fateOf(packet, readIptablesRules(text)).outcome);

  test.each<readonly [string, string, readonly string[]]>([
    ['no rules', saved(':INPUT ACCEPT [0:0]'), ['accepted', 'accepted', 'accepted']],
    [
      'a closed machine with our port open',
      saved(
        ':INPUT DROP [0:0]',
        '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
        '-A INPUT -i lo -j ACCEPT',
        '-A INPUT -p tcp -m tcp --dport 7946 -j ACCEPT',
      ),
      ['accepted', 'dropped', 'dropped'],
    ],
    [
      'a chain of its own',
      saved(':INPUT ACCEPT [0:0]', ':mine - [0:0]', '-A INPUT -j mine', '-A mine -p udp -m multiport --dports 53,7000:8000 -j DROP'),
      ['accepted', 'dropped', 'accepted'],
    ],
    ['groups dropped', saved(':INPUT ACCEPT [0:0]', '-A INPUT -d 224.0.0.0/4 -m comment --comment "no groups" -j DROP'), ['accepted', 'accepted', 'dropped']],
    [
      'all but one protocol',
      saved(':INPUT ACCEPT [0:0]', '-A INPUT ! -p tcp -j REJECT --reject-with icmp-port-unreachable'),
      ['accepted', 'dropped', 'dropped'],
    ],
    ['one network', saved(':INPUT DROP [0:0]', '-A INPUT -s 10.0.0.0/8 -j ACCEPT'), ['unsure', 'unsure', 'unsure']],
    ['a log before the end', saved(':INPUT ACCEPT [0:0]', '-A INPUT -j LOG --log-prefix "in "', '-A INPUT -p udp -j DROP'), ['accepted', 'dropped', 'dropped']],
  ])('%s', (_, text, expected) => expect(of(text)).toEqual(expected));
});

describe('the check of the firewall', () => {
  const common = { peerPort: 7946, system: { root: false } };

  test('names what is dropped, by which rule, and the line that lets it through', () => {
    const [found] = checkFirewall({ ...common, chains: readNftRules(nft('drop', [[port('tcp', 22), accept]])), tool: 'nft' });
    expect(found).toMatchObject({ state: 'failing', cause: 'chain inet filter input: policy drop.' });
    expect(found?.found).toContain('TCP 7946');
    expect(found?.commands).toContain('sudo nft insert rule inet filter input tcp dport 7946 accept');
  });

  test('only warns where machines are merely not found by themselves', () => {
    const [found] = checkFirewall({ ...common, chains: readNftRules(nft('accept', [[port('udp', 5353), drop]])), tool: 'nft' });
    expect(found).toMatchObject({ state: 'warning' });
    expect(droppedDiscovery(readNftRules(nft('accept', [[port('udp', 5353), drop]])))).toBe('chain inet filter input: udp dport 5353 drop');
  });

  test.each([
    ['ufw', 'sudo ufw allow 7946'],
    ['firewalld', 'sudo firewall-cmd --reload'],
    ['iptables', 'sudo iptables -I INPUT -p tcp --dport 7946 -j ACCEPT'],
  ] as const)('speaks the language of %s', (tool, line) => {
    expect(checkFirewall({ ...common, chains: readNftRules(nft('drop', [])), tool })[0]?.commands).toContain(line);
  });

  test('says that it cannot know, and what it knows, where rules cannot be read', () => {
    expect(checkFirewall({ ...common, chains: undefined, tool: undefined })).toMatchObject([{ state: 'not-applicable' }]);
    expect(checkFirewall({ ...common, chains: undefined, tool: 'ufw' })[0]?.found).toContain('UDP 5353');
  });

  test('has nothing to say against an open machine', () => {
    expect(checkFirewall({ ...common, chains: [], tool: undefined })).toMatchObject([{ state: 'ok', found: 'none' }]);
  });
});
