/** What a job needs, asked of its type, and nothing that the submitter may not name. */
import { type ErrorCode, errorKinds, SupervmError } from '../../src/model/errors.ts';
import type { Finding, InputsFound } from '../../src/plugin/job-type.ts';
import type { UnpackedInputs } from './archive/unpack-inputs.ts';
import { readFault } from './disk-errors.ts';
import type { JobType } from './job-types.ts';
import type { PathFence } from './submission.ts';

/** Rejects `not-allowed` for the first path that the fence keeps out. */
export async function assertAllowed(fence: PathFence | undefined, paths: readonly string[]): Promise<void> {
  for (const path of paths) if (fence !== undefined && !(await fence.allows(path))) throw fence.refusal(path);
}

/** Rejects with what is wrong; where the fence kept something out that the job needs, with that, whether it is there or not. */
export async function findInputs(
  jobType: JobType,
  { settings, within }: Pick<UnpackedInputs, 'settings' | 'within'>,
  fence: PathFence | undefined,
): Promise<InputsFound> {
  // An unpacked archive is private, holds no links, and nothing outside it is accepted.
  const outer = within === undefined ? fence : undefined;
  const keptOut: string[] = [];
  const allows = async (path: string): Promise<boolean> => {
    const allowed = (await outer?.allows(path)) ?? true;
    if (!allowed) keptOut.push(path);
    return allowed;
  };
  const refused = (error: unknown): unknown => (outer === undefined || keptOut[0] === undefined ? error : outer.refusal(keptOut[0]));
  let found: InputsFound;
  try {
    found = await jobType.inputs(settings, { ...(within === undefined ? {} : { within }), ...(outer === undefined ? {} : { allows }) });
  } catch (error) {
    throw refused(readFault(error, jobType.manifest.arguments.map(({ key }) => settings[key]).join(' ')));
  }
  const sources = found.files.map(({ source }) => source);
  await assertAllowed(outer, sources);
  const errors = found.findings.filter((finding) => finding.severity === 'error');
  if (errors.length > 0) throw refused(findingsError(errors));
  return found;
}

/** All of them in one error: whoever mends a scene wants the whole list. */
function findingsError(findings: readonly Finding[]): SupervmError {
  const [first] = findings;
  const code = first !== undefined && Object.hasOwn(errorKinds, first.code) ? (first.code as ErrorCode) : 'task-failed';
  const hints = [...new Set(findings.map((finding) => finding.hint).filter((hint) => hint !== ''))];
  return new SupervmError(code, findings.map((finding) => finding.message).join('\n'), hints.join(' '));
}
