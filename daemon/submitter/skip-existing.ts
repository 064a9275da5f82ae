/** Leaves tasks out of a plan whose files exist. Pure. */
import { SupervmError } from '../../src/model/errors.ts';
import { rangesOfFrames } from '../../src/model/frame-range.ts';
import type { Step, TaskParameter } from '../../src/model/job.ts';
import { parametersOf, taskCount } from '../../src/model/parameter-space.ts';
import type { Plan } from '../../src/plugin/job-type.ts';

/**
 * Works where the plan has one step with one parameter and says one file for each task, in the order of tasks; throws `usage` where a
 * file cannot be traced to its task.
 */
export function skipExisting(plan: Plan, existing: readonly string[]): { readonly steps: readonly Step[]; readonly skipped: number } {
  if (existing.length === 0) return { steps: plan.steps, skipped: 0 };
  const [step] = plan.steps;
  const parameter = step?.parameters[0];
  if (step === undefined || parameter === undefined || plan.steps.length > 1 || step.parameters.length > 1 || taskCount(step) !== plan.outputs.length) {
    throw new SupervmError('usage', 'This job type cannot skip existing files one by one.', 'Use --overwrite or another folder.');
  }
  const there = new Set(existing);
  const left = plan.outputs
    .flatMap((path, index) => (there.has(path) ? [] : [parametersOf(step, index)[parameter.name]]))
    .filter((value) => value !== undefined);
  return { steps: left.length === 0 ? [] : [{ ...step, parameters: [narrowed(parameter, left)] }], skipped: plan.outputs.length - left.length };
}

function narrowed(parameter: TaskParameter, values: readonly (string | number)[]): TaskParameter {
  return parameter.type === 'STRING' ? { ...parameter, values: values.map(String) } : { ...parameter, ranges: rangesOfFrames(values.map(Number)) };
}
