/** One process of a simulation: runs its share of the seeds and reports. */
import { runSeeds, type SeedRange } from './seeds.ts';

const tally = await runSeeds(JSON.parse(process.argv[2] ?? '') as SeedRange);
process.send?.(tally, () => process.exit(0));
