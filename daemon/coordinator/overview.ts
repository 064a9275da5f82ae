/** How jobs stand, for people. */

import type { JobState } from '../../src/model/job-state.ts';
import { jobTally } from '../../src/model/phase.ts';
import { mostRunningShown } from '../wire/coordination-protocol.ts';
import type { Tracked } from './attempt-table.ts';
import type { JobOverview, WaitingReason } from './coordination.ts';
import type { JobBoard } from './job-board.ts';
import type { Roster } from './roster.ts';
import { explain } from './scheduler/explain.ts';
import type { NodeSnapshot } from './scheduler/snapshot.ts';

export function overviewOf(board: JobBoard, state: JobState, roster: Roster, now: number): JobOverview {
  const attempts = roster.attempts.ofJob(board.id);
  const running = attempts.filter((tracked) => tracked.state === 'running');
  const active = new Set(attempts.map(({ attempt }) => `${attempt.step}/${attempt.index}`)).size;
  const pending = Math.max(0, jobTally(state).pending - active);
  return {
    job: board.id,
    pending,
    running: running.slice(0, mostRunningShown).map(({ attempt, fraction, message, since }) => ({ attempt, fraction, message, seconds: (now - since) / 1000 })),
    etaSeconds: etaOf(board.secondsPerTask(), running, pending + active),
  };
}

/** What is left at the speed so far on the nodes that work now; undefined before the first result and while nothing runs. */
function etaOf(secondsPerTask: number | undefined, running: readonly Tracked[], unfinished: number): number | undefined {
  if (secondsPerTask === undefined || running.length === 0) return undefined;
  const done = running.reduce((sum, tracked) => sum + tracked.fraction, 0);
  return (secondsPerTask * Math.max(0, unfinished - done)) / running.length;
}

export function reasonsOf(board: JobBoard, nodes: readonly NodeSnapshot[], now: number): WaitingReason[] {
  return board
    .waiting(now)
    .map((waiting) => explain(nodes, waiting))
    .filter((reason) => reason !== undefined);
}
