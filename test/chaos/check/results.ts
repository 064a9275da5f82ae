/** Results: of tasks that ran, one a task, the right bytes, and the same in every view. */
import { createHash } from 'node:crypto';
import { beatText } from '../beat-text.ts';
import { type FinalJob, linesOf } from '../history.ts';
import type { Rule } from './violation.ts';

export const tasksRanAtLeastOnce: Rule = (history) => {
  const ended = new Set(linesOf(history, 'task').flatMap(({ happened, key, index }) => (happened === 'end' ? [`${key} ${index}`] : [])));
  const without = new Set<string>();
  for (const { key, results } of linesOf(history, 'final')) for (const { index } of results) if (!ended.has(`${key} ${index}`)) without.add(`${key} ${index}`);
  return [...without].map((task) => ({ rule: 'tasks run at least once', text: `the task ${task} has a result and never ran to its end` }));
};

export const succeededIsComplete: Rule = (history) =>
  linesOf(history, 'final').flatMap((view) => {
    const indexes = new Set(view.results.map(({ index }) => index));
    if (indexes.size < view.results.length) return [{ rule: 'one result a task is kept', text: `${view.node} tells two results of a task of ${view.key}` }];
    if (view.phase !== 'succeeded' || indexes.size === view.tasks) return [];
    return [{ rule: 'tasks run at least once', text: `${view.key} succeeded with ${indexes.size} of ${view.tasks} results` }];
  });

export const resultsAreRight: Rule = (history) =>
  linesOf(history, 'final').flatMap(({ node, key, results }) =>
    results
      .filter(({ index, outputs }) => outputs.length !== 1 || outputs[0]?.digest !== digestOf(beatText(key, index)))
      .map(({ index }) => ({ rule: 'a kept result is what the task makes', text: `${node} has a wrong result of the task ${key} ${index}` })),
  );

export const viewsAgree: Rule = (history) => {
  const finals = linesOf(history, 'final');
  const nodes = new Set(finals.map(({ node }) => node));
  return [...Map.groupBy(finals, ({ job }) => job).values()].flatMap((views) => {
    const [first] = views;
    if (first === undefined) return [];
    const silent = [...nodes].filter((node) => !views.some((view) => view.node === node));
    const differing = views.filter((view) => viewText(view) !== viewText(first));
    return [
      ...silent.map((node) => ({ rule: 'all views agree', text: `${node} does not know ${first.key}, which ${first.node} knows` })),
      ...differing.map((view) => ({ rule: 'all views agree', text: `${view.node} and ${first.node} differ about ${first.key}: ${difference(view, first)}` })),
    ];
  });
};

/** Everybody makes the same bytes of a task, so no two results may conflict. */
export const noTwoResults: Rule = (history) => {
  const shown = new Map(linesOf(history, 'final').flatMap(({ key, conflicts }) => (conflicts.length > 0 ? [[key, conflicts]] : [])) as [string, string[]][]);
  return [...shown].map(([key, tasks]) => ({ rule: 'no task has two results', text: `${key} shows conflicts of ${tasks.join(', ')}` }));
};

function viewText({ phase, generation, results }: FinalJob): string {
  return JSON.stringify([phase, generation, results.toSorted((a, b) => a.index - b.index).map(({ index, attempt }) => [index, attempt])]);
}

function difference(a: FinalJob, b: FinalJob): string {
  if (a.phase !== b.phase) return `${a.phase} and ${b.phase}`;
  if (a.generation !== b.generation) return `generation ${a.generation} and ${b.generation}`;
  return a.results.length !== b.results.length ? `${a.results.length} and ${b.results.length} results` : 'results of other attempts';
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
