/** What `nft -j list ruleset` prints, as chains. Pure. */
import { type Condition, type FilterChain, type FilterRule, prefixRange, type Verdict } from './packet-filter.ts';

type Word =
  | 'addr'
  | 'chain'
  | 'ct'
  | 'expr'
  | 'family'
  | 'fib'
  | 'field'
  | 'flags'
  | 'hook'
  | 'key'
  | 'left'
  | 'len'
  | 'meta'
  | 'name'
  | 'nftables'
  | 'op'
  | 'payload'
  | 'policy'
  | 'prefix'
  | 'protocol'
  | 'range'
  | 'result'
  | 'right'
  | 'rule'
  | 'set'
  | 'table'
  | 'target';
type Json = null | boolean | number | string | readonly Json[] | JsonObject;
/** Other members are read through Object.entries alone. */
type JsonObject = { readonly [word in Word]?: Json };

/** Tables of IPv4 packets. */
const families = ['ip', 'inet'];

/** Throws on what is not JSON. */
export function readNftRules(text: string): readonly FilterChain[] {
  const items = listOf(objectOf(JSON.parse(text) as Json).nftables).map(objectOf);
  const chains = items.flatMap((item) => (item.chain === undefined ? [] : [objectOf(item.chain)])).filter(isOurs);
  const rules = Map.groupBy(
    items.flatMap((item) => (item.rule === undefined ? [] : [objectOf(item.rule)])),
    (rule) => nameOf(rule, rule.chain),
  );
  return chains.map((chain) => {
    const name = nameOf(chain, chain.name);
    return {
      name,
      // A chain that rewrites addresses sees no more than it passes on; its policy counts all the same.
      hook: typeof chain.hook === 'string' ? chain.hook : undefined,
      policy: chain.policy === 'drop' ? 'drop' : 'accept',
      rules: (rules.get(name) ?? []).map((rule) => ruleOf(rule)),
    };
  });
}

function isOurs(chain: JsonObject): boolean {
  return families.includes(String(chain.family));
}

function nameOf(item: JsonObject, chain: Json | undefined): string {
  return `${String(item.family)} ${String(item.table)} ${String(chain)}`;
}

function ruleOf(rule: JsonObject): FilterRule {
  const conditions: Condition[] = [];
  let verdict: Verdict = { go: 'on' };
  const words: string[] = [];
  for (const statement of listOf(rule.expr).map(objectOf)) {
    const [[word, content] = ['', null]]: readonly (readonly [string, Json])[] = Object.entries(statement);
    if (word === 'match') {
      conditions.push(conditionOf(objectOf(content)));
      words.push(matchText(objectOf(content)));
    } else if (word === 'accept' || word === 'drop' || word === 'return') verdict = { go: word };
    else if (word === 'reject') verdict = { go: 'drop' };
    else if (word === 'jump' || word === 'goto') verdict = { go: word, chain: nameOf(rule, objectOf(content).target) };
    else if (!harmless.includes(word)) conditions.push({ on: 'unknown' });
  }
  const end = 'chain' in verdict ? `${verdict.go} ${verdict.chain.split(' ').at(-1)}` : verdict.go;
  return { conditions, verdict, text: [...words, end].join(' ') };
}

/** Statements that decide nothing. */
const harmless = ['counter', 'log', 'mangle', 'ct count', 'comment', 'notrack', 'flow'];

function conditionOf(match: JsonObject): Condition {
  const not = match.op === '!=';
  const left = objectOf(match.left);
  const right = match.right ?? null;
  const meta = objectOf(left.meta).key;
  const payload = objectOf(left.payload);
  if (payload.protocol === 'ip6' || payload.protocol === 'icmp' || payload.protocol === 'icmpv6') return { on: 'never' };
  if (payload.field === 'dport') {
    const ranges = numberRanges(right);
    const protocol = payload.protocol === 'tcp' ? ({ protocol: 'tcp' } as const) : payload.protocol === 'udp' ? ({ protocol: 'udp' } as const) : {};
    return ranges === undefined ? { on: 'unknown' } : { on: 'port', ...protocol, ranges, not };
  }
  if (payload.protocol === 'ip' && payload.field === 'daddr') {
    const ranges = addressRanges(right);
    return ranges === undefined ? { on: 'unknown' } : { on: 'destination', ranges, not };
  }
  if ((payload.protocol === 'ip' && payload.field === 'protocol') || meta === 'l4proto') return { on: 'protocol', values: texts(right), not };
  if (meta === 'nfproto') return texts(right).includes('ipv6') && !not ? { on: 'never' } : { on: 'unknown' };
  if (meta === 'iifname' || meta === 'iif' || meta === 'oifname' || meta === 'oif') return { on: 'interface', values: texts(right), not };
  if (meta === 'pkttype') return { on: 'kind', values: texts(right), not };
  const fib = objectOf(left.fib);
  if (fib.result === 'type' && texts(fib.flags ?? null).includes('daddr')) return { on: 'kind', values: texts(right), not };
  if (objectOf(left.ct).key === 'state') return { on: 'state', values: texts(right), not };
  return { on: 'unknown' };
}

/** One value, or the members of a set. */
function members(value: Json): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  const set = objectOf(value).set;
  if (set === undefined) return [value];
  return Array.isArray(set) ? (set as readonly Json[]) : [set];
}

function texts(value: Json): readonly string[] {
  return members(value).map((member) => (typeof member === 'number' ? (protocolNumbers[member] ?? String(member)) : String(member)));
}

const protocolNumbers: { readonly [number: number]: string } = { 1: 'icmp', 6: 'tcp', 17: 'udp' };

function numberRanges(value: Json): readonly (readonly [number, number])[] | undefined {
  const ranges = members(value).map((member) => {
    const [low, high] = listOf(objectOf(member).range ?? [member, member]);
    return [Number(low), Number(high)] as const;
  });
  return ranges.flat().some(Number.isNaN) ? undefined : ranges;
}

function addressRanges(value: Json): readonly (readonly [number, number])[] | undefined {
  const ranges = members(value).map((member) => {
    const prefix = objectOf(objectOf(member).prefix);
    if (typeof prefix.addr === 'string') return prefixRange(prefix.addr, Number(prefix.len));
    const [low, high] = listOf(objectOf(member).range ?? [member, member]);
    return [prefixRange(String(low), 32)[0], prefixRange(String(high), 32)[1]] as const;
  });
  return ranges.flat().some(Number.isNaN) ? undefined : ranges;
}

/** As nft writes it, shortened. */
function matchText({ op, left, right }: JsonObject): string {
  const payload = objectOf(objectOf(left).payload);
  const field = payload.protocol === undefined ? plain(left ?? null) : `${String(payload.protocol)} ${String(payload.field)}`;
  return `${field} ${op === '==' || op === 'in' ? '' : `${String(op)} `}${plain(right ?? null)}`;
}

function plain(value: Json): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.map(plain).join(', ');
  const object = objectOf(value);
  const prefix = objectOf(object.prefix);
  if (prefix.addr !== undefined) return `${plain(prefix.addr)}/${plain(prefix.len ?? null)}`;
  if (object.range !== undefined) return listOf(object.range).map(plain).join('-');
  if (object.set !== undefined) return `{ ${plain(object.set)} }`;
  return Object.entries(object)
    .map(([key, content]) => (key === 'key' ? plain(content) : `${key} ${plain(content)}`))
    .join(' ');
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
