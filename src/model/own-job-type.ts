/**
 * A job type of the user's own is found in a node's inventory like a program, its digest as what this "build" can do. So the scheduler, the
 * warnings and `why` need no word of their own for it, and a node with another version of it is never chosen.
 */
import type { Program } from './inventory.ts';
import type { Digest, HostRequirements, Step } from './job.ts';

const prefix = 'job-type:';

/** `file`: the absolute path of its run.ts there. */
export function ownTypeProgram(type: { readonly name: string; readonly digest: Digest; readonly version: string; readonly file: string }): Program {
  return { name: `${prefix}${type.name}`, version: type.version, path: type.file, features: [type.digest] };
}

/** The step, to be run only where the same version of the job type is. */
export function whereTypeIs(step: Step, type: { readonly name: string; readonly digest: Digest }): Step {
  const wanted = { name: `${prefix}${type.name}`, features: [type.digest] };
  return { ...step, requirements: { ...step.requirements, programs: [...step.requirements.programs, wanted] } };
}

/** The job type's name; undefined for what is a program indeed. */
export function ownTypeOf(program: Pick<HostRequirements['programs'][number], 'name'>): string | undefined {
  return program.name.startsWith(prefix) ? program.name.slice(prefix.length) : undefined;
}
