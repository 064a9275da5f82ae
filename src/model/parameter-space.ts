/** Tasks of a step as numbers: index 0 .. taskCount-1 into the cartesian product of its parameters, the last one varying fastest. */

import type { IntegerRange, Step, TaskParameter } from './job.ts';
import type { TaskKey } from './job-state.ts';

function rangeLength(range: IntegerRange): number {
  return range.last < range.first ? 0 : Math.floor((range.last - range.first) / range.step) + 1;
}

function parameterLength(parameter: TaskParameter): number {
  if (parameter.type === 'STRING') return parameter.values.length;
  return parameter.ranges.reduce((sum, range) => sum + rangeLength(range), 0);
}

/** Number of tasks; 1 when the step has no parameters. */
export function taskCount(step: Step): number {
  return step.parameters.reduce((product, parameter) => product * parameterLength(parameter), 1);
}

function valueAt(parameter: TaskParameter, position: number): number | string {
  if (parameter.type === 'STRING') {
    const value = parameter.values[position];
    if (value === undefined) throw new RangeError(`parameter ${parameter.name} has no value ${position}`);
    return value;
  }
  let left = position;
  for (const range of parameter.ranges) {
    const length = rangeLength(range);
    if (left < length) return range.first + left * range.step;
    left -= length;
  }
  throw new RangeError(`parameter ${parameter.name} has no value ${position}`);
}

/** The values of task `index`; throws RangeError outside the space. */
export function parametersOf(step: Step, index: number): { readonly [name: string]: number | string } {
  if (!Number.isSafeInteger(index) || index < 0 || index >= taskCount(step)) throw new RangeError(`step ${step.name} has no task ${index}`);
  const values: Record<string, number | string> = {};
  let left = index;
  for (const parameter of step.parameters.toReversed()) {
    const length = parameterLength(parameter);
    values[parameter.name] = valueAt(parameter, left % length);
    left = Math.floor(left / length);
  }
  return Object.fromEntries(step.parameters.map((parameter) => [parameter.name, values[parameter.name] as number | string]));
}

/** What people call a task: `render frame=12`; just the step's name when it has no parameters. */
export function taskName(step: Step, index: number): string {
  const values = Object.entries(parametersOf(step, index)).map(([name, value]) => `${name}=${value}`);
  return [step.name, ...values].join(' ');
}

export function taskKey(step: string, index: number): TaskKey {
  return `${step}/${index}`;
}
