/** Packet filters in one form, whatever tool wrote them, and what becomes of a packet there. Pure. */

/** A packet that ought to get through. */
export interface Packet {
  readonly direction: 'input' | 'output';
  readonly protocol: 'tcp' | 'udp';
  /** Where it goes: at an input our own port. */
  readonly port: number;
  /** IPv4; undefined where it could be any of this machine's. */
  readonly destination?: string;
}

/** One condition of a rule. `not` turns it round. */
export type Condition =
  | { readonly on: 'protocol'; readonly values: readonly string[]; readonly not: boolean }
  | { readonly on: 'port'; readonly protocol?: 'tcp' | 'udp'; readonly ranges: readonly (readonly [number, number])[]; readonly not: boolean }
  | { readonly on: 'destination'; readonly ranges: readonly (readonly [number, number])[]; readonly not: boolean }
  | { readonly on: 'state'; readonly values: readonly string[]; readonly not: boolean }
  | { readonly on: 'kind'; readonly values: readonly string[]; readonly not: boolean }
  | { readonly on: 'interface'; readonly values: readonly string[]; readonly not: boolean }
  /** Never true of an IPv4 packet from outside, e.g. one about IPv6. */
  | { readonly on: 'never' }
  /** Not understood here: true or not. */
  | { readonly on: 'unknown' };

export type Verdict = { readonly go: 'accept' | 'drop' | 'return' | 'on' } | { readonly go: 'jump' | 'goto'; readonly chain: string };

export interface FilterRule {
  readonly conditions: readonly Condition[];
  readonly verdict: Verdict;
  /** As people know it. */
  readonly text: string;
}

export interface FilterChain {
  /** Unique: names the table too. */
  readonly name: string;
  /** Undefined for a chain that others jump to. */
  readonly hook: string | undefined;
  /** Of a chain with a hook. */
  readonly policy: 'accept' | 'drop';
  readonly rules: readonly FilterRule[];
}

/** `unsure`: rules that are not understood here decide. */
export interface Fate {
  readonly outcome: 'accepted' | 'dropped' | 'unsure';
  /** Whose word that is, e.g. `chain ip filter INPUT: policy drop`; empty when accepted. */
  readonly by: string;
}

const deepest = 16;
const accepted: Fate = { outcome: 'accepted', by: '' };

/** Every chain at the packet's hook must let it through. */
export function fateOf(packet: Packet, chains: readonly FilterChain[]): Fate {
  const way = { packet, chains: new Map(chains.map((chain) => [chain.name, chain])), ends: new Map() };
  let unsure: Fate | undefined;
  for (const chain of chains.filter(({ hook }) => hook === packet.direction)) {
    const fate = walk(way, chain, 0) ?? byPolicy(chain);
    if (fate.outcome === 'dropped') return fate;
    if (fate.outcome === 'unsure') unsure ??= fate;
  }
  return unsure ?? accepted;
}

function byPolicy({ name, policy }: FilterChain): Fate {
  return policy === 'accept' ? accepted : { outcome: 'dropped', by: `chain ${name}: policy drop` };
}

/** One packet's way. Each chain is walked once, however many rules lead to it: machines with containers have tens of thousands of rules. */
interface Way {
  readonly packet: Packet;
  readonly chains: ReadonlyMap<string, FilterChain>;
  /** What becomes of it in the chains that were walked, or are being: undefined where it comes out at the end. */
  readonly ends: Map<FilterChain, Fate | undefined>;
}

/** Undefined when the packet comes out at the end of the chain. */
function walk(way: Way, chain: FilterChain, depth: number): Fate | undefined {
  if (way.ends.has(chain)) return way.ends.get(chain);
  way.ends.set(chain, undefined);
  // Backwards: what comes after a rule is known when it decides.
  const end = chain.rules.reduceRight<Fate | undefined>((rest, rule) => fromRule(way, { chain, rule, depth, rest }), undefined);
  way.ends.set(chain, end);
  return end;
}

interface Place {
  readonly chain: FilterChain;
  readonly rule: FilterRule;
  readonly depth: number;
  /** What would become of the packet after the rule, in this chain. */
  readonly rest: Fate | undefined;
}

function fromRule(way: Way, { chain, rule, depth, rest }: Place): Fate | undefined {
  const holds = all(rule.conditions.map((condition) => holdsFor(condition, way.packet)));
  if (holds === 'no' || rule.verdict.go === 'on') return rest;
  const fate = verdictOf(way, chain, rule, depth);
  const leaves = rule.verdict.go === 'return' || rule.verdict.go === 'goto';
  if (holds === 'yes') return fate ?? (leaves ? undefined : rest);
  if (rule.verdict.go === 'return' || (fate !== undefined && fate.outcome !== 'dropped')) {
    // Perhaps accepted here; what comes after counts only if not.
    const end = rest ?? (chain.hook === undefined ? undefined : byPolicy(chain));
    return end?.outcome === 'accepted' ? end : { outcome: 'unsure', by: describe(chain, rule) };
  }
  return fate === undefined ? rest : { outcome: 'unsure', by: describe(chain, rule) };
}

function verdictOf(way: Way, chain: FilterChain, rule: FilterRule, depth: number): Fate | undefined {
  const { verdict } = rule;
  switch (verdict.go) {
    case 'accept':
      return accepted;
    case 'drop':
      return { outcome: 'dropped', by: describe(chain, rule) };
    case 'jump':
    case 'goto': {
      const target = way.chains.get(verdict.chain);
      return target === undefined || depth >= deepest ? undefined : walk(way, target, depth + 1);
    }
    case 'return':
    case 'on':
      return undefined;
  }
}

function describe(chain: FilterChain, rule: FilterRule): string {
  return `chain ${chain.name}: ${rule.text}`;
}

type Holds = 'yes' | 'no' | 'maybe';

function all(parts: readonly Holds[]): Holds {
  if (parts.includes('no')) return 'no';
  return parts.includes('maybe') ? 'maybe' : 'yes';
}

function turned(holds: Holds, not: boolean): Holds {
  if (!not || holds === 'maybe') return holds;
  return holds === 'yes' ? 'no' : 'yes';
}

function holdsFor(condition: Condition, packet: Packet): Holds {
  switch (condition.on) {
    case 'protocol':
      return turned(condition.values.includes(packet.protocol) ? 'yes' : 'no', condition.not);
    case 'port':
      if (condition.protocol !== undefined && condition.protocol !== packet.protocol) return 'no';
      return turned(condition.ranges.some(([low, high]) => packet.port >= low && packet.port <= high) ? 'yes' : 'no', condition.not);
    case 'destination':
      return turned(reaches(condition.ranges, packet.destination), condition.not);
    case 'state':
      return turned(condition.values.includes('new') ? 'yes' : 'no', condition.not);
    case 'kind':
      return turned(condition.values.includes(isMulticast(packet.destination) ? 'multicast' : 'local') ? 'yes' : 'no', condition.not);
    case 'interface':
      // From or to outside.
      return condition.values.every((value) => value === 'lo') ? turned('no', condition.not) : 'maybe';
    case 'never':
      return 'no';
    case 'unknown':
      return 'maybe';
  }
}

function reaches(ranges: readonly (readonly [number, number])[], destination: string | undefined): Holds {
  if (destination !== undefined) {
    const address = addressNumber(destination);
    return ranges.some(([low, high]) => address >= low && address <= high) ? 'yes' : 'no';
  }
  // An address of a machine is none of a group.
  return ranges.every(([low]) => low >= addressNumber('224.0.0.0')) ? 'no' : 'maybe';
}

function isMulticast(address: string | undefined): boolean {
  return address !== undefined && addressNumber(address) >= addressNumber('224.0.0.0') && addressNumber(address) < addressNumber('240.0.0.0');
}

/** NaN for what is no IPv4 address: no range holds it. */
export function addressNumber(text: string): number {
  const parts = text.split('.').map(Number);
  return parts.length === 4 ? parts.reduce((sum, part) => sum * 256 + part, 0) : Number.NaN;
}

/** `10.0.0.0` with 8 gives the first and the last address of it. */
export function prefixRange(address: string, length: number): readonly [number, number] {
  const size = 2 ** (32 - length);
  const low = Math.floor(addressNumber(address) / size) * size;
  return [low, low + size - 1];
}
