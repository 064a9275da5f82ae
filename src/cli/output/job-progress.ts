/** A job's progress while somebody waits: a block on a terminal, now and then a line elsewhere, nothing for scripts. */
import type { JobView } from '../../api/views.ts';
import { now } from '../clock.ts';
import { liveBlock } from './live-block.ts';
import type { Output } from './output.ts';
import { progressBlock, progressLine, remarksOf } from './progress-text.ts';
import { shortId } from './units.ts';

/** Between two plain lines, unless something other than the counts has changed. */
const lineMs = 5000;

export interface JobProgress {
  /** `waiting`: why nothing runs. */
  show(view: JobView, waiting: string | undefined): void;
  /** May be called twice. */
  end(): void;
}

export function jobProgress(output: Output): JobProgress {
  if (output.mode !== 'human') return { show: () => undefined, end: () => undefined };
  return output.terminal.interactive ? blockProgress(output) : lineProgress(output);
}

function blockProgress(output: Output): JobProgress {
  const block = liveBlock(output.terminal);
  return {
    show: (view, waiting) => block.draw(progressBlock(view, waiting, output.terminal.columns(), output.style)),
    end: () => block.clear(),
  };
}

function lineProgress(output: Output): JobProgress {
  let lastLine = '';
  let lastRemarks = '';
  let lastAt = Number.NEGATIVE_INFINITY;
  return {
    show(view, waiting) {
      const line = progressLine(view);
      const remarks = remarksOf(view, waiting);
      const isNews = remarks.join('\n') !== lastRemarks;
      if (line === lastLine && !isNews) return;
      if (!isNews && now() - lastAt < lineMs) return;
      output.say(`${shortId(view.id)} ${line}`);
      if (isNews) for (const remark of remarks) output.say(`${shortId(view.id)} ${remark}`);
      lastLine = line;
      lastRemarks = remarks.join('\n');
      lastAt = now();
    },
    end: () => undefined,
  };
}
