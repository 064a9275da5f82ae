/** Of a machine with a key file: whoever holds that holds the root, and certifies itself at every start. */
import type { NodeId } from '../../../src/model/job.ts';
import type { Clock } from '../../clock.ts';
import type { ClusterKey } from '../cluster-key.ts';
import { noPapers, Papers } from './papers.ts';

/** Nothing is kept on disk. */
export function keyFilePapers(
  { self, clusterKey }: { readonly self: NodeId; readonly clusterKey: ClusterKey },
  { clock }: { readonly clock: Pick<Clock, 'wall'> },
): Papers {
  const { clusterId: cluster, root, fileAdmin: adminKey } = clusterKey;
  return new Papers({ self, cluster, root, adminKey, isKeyFile: true, state: noPapers }, { clock, keep: () => undefined });
}
