/** What `up` says at once of what `doctor` would explain, from the answer it has anyway: it asks nobody and takes no time. Pure. */
import type { StatusView } from '../api/views.ts';

/** Submissions are refused below 64 MiB (daemon/submitter/assert-room.ts); this is soon met. */
const fewBytes = 2 * 2 ** 30;

/** In few words each; empty when all is well as far as can be seen. */
export function concernsOf(view: StatusView, version: string): readonly string[] {
  const self = view.nodes.find((node) => node.self);
  const inventory = self?.inventory;
  const { sandbox } = inventory?.labels ?? {};
  return [
    ...(sandbox === 'none' || sandbox === 'user' ? ['tasks are not kept apart from your files'] : []),
    ...(inventory !== undefined && inventory.freeDiskBytes < fewBytes ? ['the disk is nearly full'] : []),
    ...(self !== undefined && self.version !== version ? [`the daemon is of version ${self.version}, this command of ${version}`] : []),
    ...(view.durability.problems.length > 0 ? ['something is wrong with the disk or the identity of this node'] : []),
  ];
}
