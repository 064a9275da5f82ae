/** Progress of a call that takes time: one line drawn in place on a terminal, nothing elsewhere. */
import type { CallProgress } from '../../api/requests.ts';
import { liveBlock } from './live-block.ts';
import type { Output } from './output.ts';
import { printable } from './style.ts';

const verbs = { reading: 'reading', storing: 'storing inputs', copying: 'copying to other machines', fetching: 'fetching' } as const;

export function callProgress(output: Output): { readonly show: (progress: CallProgress) => void; readonly end: () => void } {
  if (output.mode !== 'human' || !output.terminal.interactive) return { show: () => undefined, end: () => undefined };
  const block = liveBlock(output.terminal);
  return {
    show: ({ stage, done, total, message }) => {
      const counts = total === 0 ? '' : ` ${done}/${total}`;
      block.draw([`${verbs[stage]}${counts} ${printable(message)}`.slice(0, output.terminal.columns() - 1)]);
    },
    end: () => block.clear(),
  };
}
