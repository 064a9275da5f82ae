/** Who coordinates, as the rest of the daemon sees it. The implementation is election.ts. */
import type { Term } from '../../src/model/job.ts';

export interface Leadership {
  /** The highest term known whose coordinator is reachable; undefined while none is. */
  current(): Term | undefined;
  /** True while the current term is this node's own and fsynced. */
  isMine(): boolean;
  onChange(listener: (term: Term | undefined) => void): void;
}
