/**
 * `npm run bench -- render|cli|idle|failover|busy|sandbox|membership [--rounds N] [--minutes N]`: supervm beside its peer in one run, round by round; every figure
 * is a ratio of medians.
 */
import { parseArgs } from 'node:util';
import { benchBusy } from './busy.ts';
import { benchCli } from './cli.ts';
import { benchFailover } from './failover.ts';
import { benchIdle } from './idle.ts';
import { benchMembership } from './membership.ts';
import { benchRender } from './render.ts';
import { benchSandbox } from './sandbox.ts';

interface Size {
  readonly times?: number | undefined;
  readonly minutes?: number | undefined;
}

const benches: { readonly [name: string]: (size: Size) => Promise<void> } = {
  render: () => benchRender(),
  cli: () => benchCli(),
  idle: () => benchIdle(),
  failover: benchFailover,
  busy: benchBusy,
  sandbox: benchSandbox,
  membership: benchMembership,
};

const { values, positionals: wanted } = parseArgs({ allowPositionals: true, options: { rounds: { type: 'string' }, minutes: { type: 'string' } } });
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  process.stderr.write(`bench: no benchmark is called ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}\n`);
  process.exit(2);
}
const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
for (const [name, run] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`# ${name}\n`);
  await run({ times: numberOf(values.rounds), minutes: numberOf(values.minutes) });
}
