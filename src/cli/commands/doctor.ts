/** doctor */
import { SupervmError } from '../../model/errors.ts';
import type { Context, Exit } from '../context.ts';
import { daemonSettings } from '../daemon-flags.ts';
import { examinationsOf } from '../doctor/examinations.ts';
import { examineAll } from '../doctor/examine.ts';
import { check, type Finding } from '../doctor/finding.ts';
import { type Machine, openMachine } from '../doctor/machine.ts';
import { homePlaces, startDiskCheck } from '../doctor/readers/disk-words.ts';
import { type Repaired, repairAll, repairsOf } from '../doctor/repair.ts';
import { countsOf, doctorText } from '../output/doctor-text.ts';
import { readVersion } from '../version.ts';

export interface DoctorFlags {
  readonly fix?: boolean;
  readonly yes?: boolean;
}

/** For what a disk tells: some milliseconds, and on a machine that is very busy the start of a process takes longest. */
const diskMs = 5000;
const noSettings: Machine['settings'] = { listen: [], discovery: true, without: [], http: undefined };

/** Ends with 1 when a check is failing; what is only a warning does not count. */
export async function doctor(context: Context, { fix = false, yes = false }: DoctorFlags): Promise<Exit> {
  if (yes && !fix)
    throw new SupervmError('usage', '--yes agrees to what --fix would ask, and --fix is not given.', 'To look and to repair: supervm doctor --fix --yes');
  const { output } = context;
  let findings = await examine(context);
  let repaired: readonly Repaired[] = [];
  if (fix) {
    repaired = await repairAll(repairsOf(findings), (what) => agree(context, what, yes));
    // What is told at the end was seen at the end.
    if (repaired.some(({ done }) => done)) findings = await examine(context);
    for (const { what, done, problem } of repaired) output.note(done ? `done: ${what}` : `not done: ${what} (${problem})`);
  }
  const failing = findings.filter(({ state }) => state === 'failing');
  const counts = countsOf(findings);
  output.show({
    human: (style) => doctorText(findings, style, Math.max(60, output.terminal.columns())),
    json: { version: readVersion(), state: failing.length > 0 ? 'failing' : counts.warning > 0 ? 'warning' : 'ok', counts, checks: findings, repaired },
    quiet: failing.map(({ name }) => name).join('\n'),
  });
  return failing.length > 0 ? 1 : 0;
}

async function examine(context: Context): Promise<readonly Finding[]> {
  const disk = startDiskCheck(['home', JSON.stringify(homePlaces(context.paths))], diskMs);
  const home = (await disk.word('home'))?.look;
  // The user's file is on the same disk, most likely.
  const { settings, problem } = home === undefined ? { settings: noSettings } : readSettings(context);
  const findings = await examineAll(examinationsOf(openMachine(context, { settings, home, disk }), readVersion()));
  return problem === undefined ? findings : [problem, ...findings];
}

/** A setting that cannot be used must not keep everything else from being looked at. */
function readSettings(context: Context): { readonly settings: Machine['settings']; readonly problem?: Finding } {
  try {
    return { settings: daemonSettings(context, {}) };
  } catch (error) {
    if (!(error instanceof SupervmError)) throw error;
    const problem = check('runtime', 'settings').failing(error.message, { cause: 'The daemon does not start with it.', advice: error.hint });
    return { settings: noSettings, problem };
  }
}

async function agree({ output }: Context, what: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!output.terminal.canAsk) return false;
  return /^y(es)?$/i.test((await output.terminal.ask(`This changes the system: ${what}. Do it? [y/N] `)).trim());
}
