/** The packet filter's rules and who writes them, where this user may read them. */
import type { FirewallTool } from '../checks/firewall.ts';
import { readIptablesRules } from '../firewall/iptables-rules.ts';
import { readNftRules } from '../firewall/nft-rules.ts';
import type { FilterChain } from '../firewall/packet-filter.ts';
import { processNames, readText } from './files.ts';
import { findProgram, runProgram } from './run-program.ts';

const timeoutMs = 3000;

export interface FilterReading {
  readonly chains: readonly FilterChain[] | undefined;
  readonly tool: FirewallTool | undefined;
}

export async function readPacketFilter(): Promise<FilterReading> {
  const byNft = await rulesOf('nft', ['-j', 'list', 'ruleset'], readNftRules);
  // Both at once where the older filter is a thing of its own.
  const byIptables = await rulesOf('iptables-save', [], readIptablesRules);
  const chains = byNft === undefined && byIptables === undefined ? undefined : [...(byNft ?? []), ...(byIptables ?? [])];
  return { chains, tool: writer() ?? (byNft?.length ? 'nft' : byIptables?.length ? 'iptables' : undefined) };
}

function writer(): FirewallTool | undefined {
  if (/^ENABLED=yes/m.test(readText('/etc/ufw/ufw.conf') ?? '')) return 'ufw';
  return processNames()?.includes('firewalld') ? 'firewalld' : undefined;
}

async function rulesOf(program: string, words: readonly string[], read: (text: string) => readonly FilterChain[]): Promise<readonly FilterChain[] | undefined> {
  const file = findProgram(program);
  if (file === undefined) return undefined;
  const { exitCode, output } = await runProgram(file, words, timeoutMs);
  if (exitCode !== 0) return undefined;
  return read(output);
}
