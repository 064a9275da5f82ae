/** Brings a job's input files onto other machines before the job is acknowledged. */
import type { Digest, HostId, NodeId } from '../../src/model/job.ts';
import type { SubmissionNeeds } from './needs.ts';

/** A machine that makes no progress for this long is passed over. */
const copyMs = 20_000;
/** How often is looked whether it is there at all: a machine that was just cut off does not even refuse. */
const lookMs = 250;

export interface InputBlob {
  readonly digest: Digest;
  readonly size: number;
}

interface CopyOptions {
  readonly inputs: readonly InputBlob[];
  readonly copies: number;
  /** Only these machines are asked; all when absent. */
  readonly among?: readonly HostId[];
  readonly onCopied?: (hosts: number, wanted: number) => void;
  readonly signal?: AbortSignal;
}

/** The machines that have all inputs on disk, this one first. `wanted`: min(copies, live machines) when it began. */
export async function copyInputs(
  { inputs, copies, among, onCopied, signal }: CopyOptions,
  { membership, blobs, clock, isStandby }: Pick<SubmissionNeeds, 'membership' | 'blobs' | 'clock' | 'isStandby'>,
): Promise<{ readonly hosts: readonly HostId[]; readonly wanted: number }> {
  const own = membership.member(membership.self)?.facts.host ?? membership.self;
  const hosts = new Set<HostId>([own]);
  const rank = (node: NodeId): number => Number(isStandby?.(node) === false);
  const reachable = membership
    .reachable()
    .map(({ facts }) => facts)
    .filter(({ role }) => role !== 'worker')
    .toSorted((a, b) => rank(a.id) - rank(b.id));
  const wanted = Math.min(copies, new Set([own, ...reachable.map((facts) => facts.host)]).size);
  const bytes = inputs.map(({ digest, size }) => ({ digest, size }));
  for (const { id, host } of reachable) {
    signal?.throwIfAborted();
    if (hosts.size >= wanted) break;
    if (id === membership.self || hosts.has(host) || among?.includes(host) === false) continue;
    if (!(await copyTo(id))) continue;
    hosts.add(host);
    onCopied?.(hosts.size, wanted);
  }
  return { hosts: [...hosts], wanted };

  async function copyTo(node: NodeId): Promise<boolean> {
    const lost = Promise.withResolvers<boolean>();
    const isLost = (): boolean => !membership.reachable().some(({ facts }) => facts.id === node);
    const timer = clock.every(lookMs, () => isLost() && lost.resolve(false));
    // Whatever is wrong with that machine (gone, full), another one may take them.
    const copied = blobs.replicate(bytes, node, copyMs).then(
      () => true,
      () => false,
    );
    return Promise.race([copied, lost.promise]).finally(() => timer.cancel());
  }
}
