/** Loaded before a simulation (`node --import`): plants the bug that the process was told to have. */
import { registerHooks } from 'node:module';
import { plant, plantedBugs } from './planted-bugs.ts';

const bug = plantedBugs.find(({ name }) => name === process.argv[3]);
if (bug === undefined) throw new Error(`no bug has the name ${process.argv[3]}`);
const target = new URL(`../../${bug.file}`, import.meta.url).href;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== target) return loaded;
    const source = typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString();
    return { ...loaded, source: plant(source, bug) };
  },
});
