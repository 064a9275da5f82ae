/** For who asks for a number of copies: an acknowledged job is brought to more machines, as they come, for a while. */
import type { HostId, JobId } from '../../src/model/job.ts';
import { copyInputs, type InputBlob } from './copy-inputs.ts';
import type { SubmissionNeeds } from './needs.ts';

/** How often it is looked for machines that have come, and for facts that have arrived. */
const lookMs = 250;

export interface AwaitOptions {
  readonly id: JobId;
  readonly inputs: readonly InputBlob[];
  /** Machines asked for. */
  readonly asked: number;
  /** Milliseconds after which the job has the copies it has. */
  readonly waitMs: number;
  /** Machines that have facts and inputs already. */
  readonly copies: readonly HostId[];
  readonly onCopied?: (hosts: number, wanted: number) => void;
  readonly signal?: AbortSignal;
}

/** Machines with the facts and the inputs on disk: as many as asked for, or fewer when the time is over or the caller gave up. Never rejects. */
export async function awaitCopies(options: AwaitOptions, needs: SubmissionNeeds): Promise<readonly HostId[]> {
  const { id, inputs, asked, waitMs, onCopied, signal } = options;
  const { clock, journal } = needs;
  const until = clock.now() + waitMs;
  let copies = new Set(options.copies);
  while (copies.size < asked && clock.now() < until && signal?.aborted !== true) {
    await new Promise<void>((resolve) => void clock.after(lookMs, resolve));
    const copied = await copyInputs({ inputs, copies: asked, ...(signal === undefined ? {} : { signal }) }, needs).catch(() => ({ hosts: [] }));
    const facts = journal.copiesOf(id);
    const before = copies.size;
    copies = new Set([...copies, ...copied.hosts.filter((host) => facts.includes(host))]);
    if (copies.size > before) onCopied?.(copies.size, asked);
  }
  return [...copies];
}
