/** On how many machines jobs are, as people see it. Pure. */
import { heldCopies } from '../../src/api/held-copies.ts';
import type { DurabilityView, JobView } from '../../src/api/views.ts';
import type { HostId } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { jobPhase } from '../../src/model/phase.ts';
import type { JobCopies, Member } from './needs.ts';

/** Copies that an acknowledgement wants at most. */
const mostCopies = 3;

/** min(3, machines known): one that is out of reach is a copy that is wanted back, one that has left is not. */
export function wantedCopies(members: readonly Member[]): number {
  return Math.min(
    mostCopies,
    new Set(members.filter(({ reachability, facts }) => reachability !== 'left' && facts.role !== 'worker').map((member) => member.facts.host)).size,
  );
}

/** A copy has the facts and, while the job is open, the input files too; `bytes` is what the coordinator found. */
export function copiesView(
  state: JobState,
  facts: readonly HostId[],
  bytes: JobCopies | undefined,
  wanted: number,
): Pick<JobView, 'copies' | 'copiesWanted' | 'resultCopies'> {
  const phase = jobPhase(state);
  const isOpen = phase === 'active' || phase === 'paused';
  const copies = isOpen && bytes !== undefined ? facts.filter((host) => bytes.inputs.includes(host)) : facts;
  return { copies, copiesWanted: wanted, ...(bytes?.results === undefined ? {} : { resultCopies: bytes.results }) };
}

/** `open`: jobs that have not ended; `live`: machines reachable now. */
export function durabilityView(open: readonly JobView[], live: number, wanted: number, problems: DurabilityView['problems']): DurabilityView {
  const [least] = open.toSorted((a, b) => heldCopies(a) - heldCopies(b));
  if (least === undefined) return { copies: Math.min(mostCopies, live), wanted, problems };
  return { copies: heldCopies(least), wanted, job: least.id, problems };
}
