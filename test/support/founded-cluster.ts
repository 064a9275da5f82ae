/** A cluster that was founded, without daemons: its key, and the papers of its first machine. */
import { type ClusterKey, createFoundedKeyText, parseClusterKey } from '../../daemon/network/cluster-key.ts';
import { createNodeKey } from '../../daemon/network/node-key.ts';
import { type AdminKey, createAdminKey } from '../../daemon/network/papers/admin-key.ts';
import { noPapers, Papers, type PapersState } from '../../daemon/network/papers/papers.ts';
import { signAdmin } from '../../daemon/network/papers/signed-facts.ts';

interface Wall {
  wall(): number;
}

export interface FoundedCluster {
  readonly key: ClusterKey;
  readonly rootKey: AdminKey;
  /** Node id of the founder. */
  readonly founder: string;
  readonly papers: Papers;
  /** As the founder kept them last. */
  kept(): PapersState;
  /** Papers of another machine, which knows the founding and `state`. */
  papersOf(self: string, parts?: { readonly adminKey?: AdminKey; readonly state?: Partial<PapersState> }): Papers;
}

export async function foundedCluster(clock: Wall, founder?: string): Promise<FoundedCluster> {
  const rootKey = createAdminKey();
  const key = parseClusterKey(createFoundedKeyText(rootKey.id));
  const self = founder ?? (await createNodeKey()).id;
  const root = signAdmin(key.clusterId, { at: clock.wall(), key: rootKey.id, name: self }, rootKey);
  let kept: PapersState = { ...noPapers, admins: [root] };
  const make = (node: string, adminKey: AdminKey | undefined, state: Partial<PapersState>, keep: (next: PapersState) => void): Papers =>
    new Papers(
      { self: node, cluster: key.clusterId, root: key.root, adminKey, isKeyFile: false, state: { ...noPapers, admins: [root], ...state } },
      { clock, keep },
    );
  const papers = make(self, rootKey, {}, (next) => {
    kept = next;
  });
  return {
    ...{ key, rootKey, papers, founder: self },
    kept: () => kept,
    papersOf: (node, { adminKey, state = {} } = {}) => make(node, adminKey, state, () => undefined),
  };
}
