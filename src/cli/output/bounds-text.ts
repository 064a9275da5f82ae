import type { BoundsView } from '../../api/views.ts';
import { oneLine } from './style.ts';
import { bytesText, countText, durationText } from './units.ts';

/** How the tasks of a job are kept apart and what each may use: `render on workshop, laptop: full; 2 cores of its own, 2.3 GiB memory`. Nodes that say the same share a line. */
export function boundsTexts(bounds: readonly BoundsView[]): readonly string[] {
  const lines = Map.groupBy(bounds, (one) => `${oneLine(one.step)}\n${oneLine(one.isolation ?? 'unknown')}; ${wordsOf(one).join(', ')}`);
  return [...lines].map(([line, alike]) => {
    const [step, words] = line.split('\n');
    return `${step} on ${alike.map(({ nodeName }) => oneLine(nodeName)).join(', ')}: ${words}`;
  });
}

function wordsOf(bounds: BoundsView): readonly string[] {
  const { cores, exclusiveCores, gpus, memoryBytes, diskBytes, processes, timeoutSeconds, network } = bounds;
  return [
    exclusiveCores !== undefined ? `${countText(exclusiveCores, 'core')} of its own` : cores === undefined ? 'all cores' : countText(cores, 'core'),
    ...(gpus === undefined ? [] : [countText(gpus, 'GPU')]),
    `${bytesText(memoryBytes)} memory`,
    ...(diskBytes === undefined ? [] : [`${bytesText(diskBytes)} disk`]),
    countText(processes, 'process', 'processes'),
    ...(timeoutSeconds === undefined ? [] : [`${durationText(timeoutSeconds)} each`]),
    network === true ? 'network' : 'no network',
  ];
}
