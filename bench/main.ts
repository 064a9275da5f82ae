/** `npm run bench -- render|cli|idle`: supervm beside its peer in one run, round by round; every figure is a ratio of medians. */
import { benchCli } from './cli.ts';
import { benchIdle } from './idle.ts';
import { benchRender } from './render.ts';

const benches: { readonly [name: string]: () => Promise<void> } = { render: benchRender, cli: benchCli, idle: benchIdle };

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  process.stderr.write(`bench: no benchmark is called ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}\n`);
  process.exit(2);
}
for (const [name, run] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`# ${name}\n`);
  await run();
}
