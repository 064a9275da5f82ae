/** Says at submission what no node could run as things are. Pure. */
import type { NodeFacts } from '../../src/model/inventory.ts';
import type { Step } from '../../src/model/job.ts';
import { ownTypeOf } from '../../src/model/own-job-type.ts';
import { lackOf } from '../../src/model/resources.ts';
import type { Submission, Warning } from './submission.ts';

/** Nodes named in one warning. */
const mostNodes = 5;

/** One warning a step that no node could run; the job is taken nevertheless, since a node that can may come. */
export function placementWarnings(steps: readonly Step[], nodes: readonly NodeFacts[]): readonly Warning[] {
  return steps.flatMap((step) => {
    const lacks = nodes.map((node) => ({ node, lack: lackOf(step.requirements, node.inventory) }));
    if (lacks.length === 0 || lacks.some(({ lack }) => lack === undefined)) return [];
    const reasons = lacks.slice(0, mostNodes).map(({ node, lack }) => `${node.name} ${lack?.reason}`);
    const more = lacks.length > mostNodes ? ` and ${lacks.length - mostNodes} more nodes alike` : '';
    const small = lacks.some(({ lack }) => lack?.code === 'too-small');
    const open = lacks.some(({ lack }) => lack?.code === 'not-isolated');
    const names = step.requirements.programs.map((program) => wordsOf(program)).join(' and ');
    return [
      {
        code: small || open ? 'cannot-be-placed' : 'program-missing',
        message: `No node can run step ${step.name} as things are: ${reasons.join('; ')}${more}.`,
        hint: open
          ? 'The job waits until a node keeps tasks apart so well: see supervm nodes.'
          : small
            ? 'The job waits until a larger machine joins: supervm invite'
            : `The job waits until a node has ${names}.`,
      },
    ];
  });
}

function wordsOf(program: { readonly name: string }): string {
  const type = ownTypeOf(program);
  return type === undefined ? program.name : `the same job type ${type}: copy its folder there`;
}

/** Whoever says `--alone` is told what he vouches for. */
export function aloneWarnings({ alone }: Pick<Submission, 'alone'>, steps: readonly Step[]): readonly Warning[] {
  const named = steps.filter((step) => step.onceOnly === true).map((step) => step.name);
  if (alone !== true || named.length === 0) return [];
  return [
    {
      code: 'alone',
      message: `Step ${named.join(', ')} must not run twice, and now runs without a majority of the voters too: a side that is cut off may run it again.`,
      hint: 'Leave --alone out to wait for a quorate term; see: supervm status',
    },
  ];
}
