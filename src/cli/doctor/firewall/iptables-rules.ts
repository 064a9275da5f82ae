/** What `iptables-save` prints, as chains; for machines with the older filter. Pure. */
import { type Condition, type FilterChain, type FilterRule, prefixRange, type Verdict } from './packet-filter.ts';

const hooks: { readonly [chain: string]: string } = { INPUT: 'input', OUTPUT: 'output' };

export function readIptablesRules(text: string): readonly FilterChain[] {
  const chains = new Map<
    string,
    { readonly name: string; readonly hook: string | undefined; readonly policy: 'accept' | 'drop'; readonly rules: FilterRule[] }
  >();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    // Other tables rewrite and mark; what drops is here.
    if (table !== 'filter') continue;
    const [, name, policy] = /^:(\S+) (\S+)/.exec(line) ?? [];
    if (name !== undefined) chains.set(name, { name: `filter ${name}`, hook: hooks[name], policy: policy === 'DROP' ? 'drop' : 'accept', rules: [] });
    const [, chain, words] = /^-A (\S+) ?(.*)$/.exec(line) ?? [];
    if (chain !== undefined && words !== undefined) chains.get(chain)?.rules.push(ruleOf(words));
  }
  return [...chains.values()];
}

function ruleOf(text: string): FilterRule {
  const words = text.match(/"[^"]*"|\S+/g) ?? [];
  const conditions: Condition[] = [];
  let verdict: Verdict = { go: 'on' };
  let not = false;
  for (let place = 0; place < words.length; place += 1) {
    const word = words[place] as string;
    const value = words[place + 1] ?? '';
    if (word === '!') {
      not = true;
      continue;
    }
    if (word === '-j' || word === '-g') verdict = verdictOf(word, value);
    else if (word === '--comment' || word === '-m' || ofTargets.test(word)) {
      // They decide nothing by themselves.
    } else conditions.push(conditionOf(word, value, not));
    not = false;
    if (word.startsWith('-') && !value.startsWith('-') && value !== '!') place += 1;
  }
  return { conditions, verdict, text };
}

/** What belongs to a target such as LOG and REJECT. */
const ofTargets = /^--(log-|reject-with|nflog-|set-x?mark)/;

function verdictOf(word: string, target: string): Verdict {
  if (target === 'ACCEPT') return { go: 'accept' };
  if (target === 'DROP' || target === 'REJECT') return { go: 'drop' };
  if (target === 'RETURN') return { go: 'return' };
  if (['LOG', 'NFLOG', 'MARK', 'CONNMARK', 'AUDIT'].includes(target)) return { go: 'on' };
  return { go: word === '-g' ? 'goto' : 'jump', chain: `filter ${target}` };
}

function conditionOf(word: string, value: string, not: boolean): Condition {
  switch (word) {
    case '-p':
      return value === 'all' ? { on: 'unknown' } : { on: 'protocol', values: [value], not };
    case '--dport':
    case '--dports':
      return { on: 'port', ranges: value.split(',').map(portRange), not };
    case '-d': {
      const [address = '', length = '32'] = value.split('/');
      return { on: 'destination', ranges: [prefixRange(address, Number(length))], not };
    }
    case '-i':
    case '-o':
      return { on: 'interface', values: [value], not };
    case '--ctstate':
    case '--state':
      return { on: 'state', values: value.toLowerCase().split(','), not };
    case '--pkt-type':
    case '--dst-type':
      return { on: 'kind', values: value.toLowerCase().split(','), not };
    default:
      return { on: 'unknown' };
  }
}

function portRange(text: string): readonly [number, number] {
  const [low, high = low] = text.split(':').map(Number);
  return [low ?? Number.NaN, high ?? Number.NaN];
}
