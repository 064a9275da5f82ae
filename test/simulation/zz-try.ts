import { runSeed } from './world.ts';
const [from, to] = process.argv.slice(2).map(Number);
let bad = 0;
const t = performance.now();
for (let seed = from; seed <= to; seed++) {
  const r = await runSeed(seed);
  if (r.violations.length) { bad++; console.log('seed', seed, r.virtualMs, r.violations.slice(0, 3).join(' | ').slice(0, 400)); }
  if (process.env['TRACE']) console.log(r.trace.join('\n'));
}
console.log('bad', bad, ((performance.now() - t) / (to - from + 1)).toFixed(0), 'ms/seed');
process.exit(0);
