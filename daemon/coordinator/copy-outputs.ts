/** Brings a result's bytes onto a second machine before it is kept, so that the loss of one loses nothing. */
import { SupervmError } from '../../src/model/errors.ts';
import type { HostId, NodeId, OutputFile } from '../../src/model/job.ts';
import type { Blobs, Clock, Membership } from './needs.ts';

export interface Holder {
  readonly node: NodeId;
  readonly host: HostId;
}

/** Copies wanted of a result's bytes, where there are as many machines. */
const wantedHosts = 2;
/** How often is looked whether the other machine is there at all: one that was just cut off does not even refuse. */
const lookMs = 250;

interface CopyNeeds {
  readonly membership: Membership;
  readonly blobs: Blobs;
  readonly clock: Clock;
}

interface CopyOptions {
  readonly outputs: readonly OutputFile[];
  /** The worker that has them. */
  readonly from: NodeId;
  /** Gets them first: they are going there anyway. */
  readonly submitter: NodeId;
  readonly copyMs: number;
}

/**
 * Resolves with the nodes that hold the bytes durably, on min(2, live machines) different hosts at least.
 * Rejects with `not-acknowledged` when too few could take them.
 */
export async function copyOutputs(options: CopyOptions, needs: CopyNeeds): Promise<readonly Holder[]> {
  const { membership, blobs } = needs;
  const source = membership.member(options.from)?.facts;
  if (source === undefined) throw new SupervmError('not-acknowledged', 'the worker is not known here');
  const holders: Holder[] = [{ node: source.id, host: source.host }];
  if (options.outputs.length === 0) return holders;
  const bytes = options.outputs.map(({ digest, size }) => ({ digest, size }));
  for (const target of targetsOf(membership, options)) {
    const hosts = new Set(holders.map((holder) => holder.host));
    const needed = target.node === options.submitter || (hosts.size < wantedHosts && !hosts.has(target.host));
    if (!needed) continue;
    const copying = target.node === membership.self ? blobs.fetch(bytes, [options.from]) : blobs.replicate(bytes, target.node, options.copyMs, [options.from]);
    const other = target.node === membership.self ? options.from : target.node;
    if (await endedWell(copying, other, needs)) holders.push(target);
  }
  const hosts = new Set(holders.map((holder) => holder.host)).size;
  if (hosts < Math.min(wantedHosts, liveHosts(membership))) throw new SupervmError('not-acknowledged', `the bytes are on ${hosts} machine only`);
  return holders;
}

/** False when it failed, or as soon as the other machine is lost. */
function endedWell(copying: Promise<unknown>, other: NodeId, { membership, clock }: CopyNeeds): Promise<boolean> {
  const lost = Promise.withResolvers<boolean>();
  const isLost = (): boolean => !membership.reachable().some(({ facts }) => facts.id === other);
  const timer = clock.every(lookMs, () => isLost() && lost.resolve(false));
  const copied = copying.then(
    () => true,
    () => false,
  );
  return Promise.race([copied, lost.promise]).finally(() => timer.cancel());
}

/** The submitter, then this node, then the others; without the worker itself. */
function targetsOf(membership: Membership, options: CopyOptions): readonly Holder[] {
  const rank = (node: NodeId): number => (node === options.submitter ? 0 : node === membership.self ? 1 : 2);
  return membership
    .reachable()
    .map(({ facts }) => ({ node: facts.id, host: facts.host }))
    .filter(({ node }) => node !== options.from)
    .sort((a, b) => rank(a.node) - rank(b.node) || (a.node < b.node ? -1 : 1));
}

function liveHosts(membership: Membership): number {
  return new Set(membership.reachable().map((member) => member.facts.host)).size;
}
