/** Every sentence of the contract, each a rule of its own, judged over one history. */
import type { History } from '../history.ts';
import { acknowledgedAreThere, acknowledgementsNameCopies, oneIdAKey, removedStaysAway } from './acknowledged.ts';
import { daemonsComeBack, nobodyDies, termsOnlyRise } from './daemons.ts';
import { cancelledYieldsNothing, outcomesStay } from './outcomes.ts';
import { noTwoResults, resultsAreRight, succeededIsComplete, tasksRanAtLeastOnce, viewsAgree } from './results.ts';
import { fewAreExecutedTwice, requestsSucceedInTime, settlesInTime } from './shares.ts';
import type { Bounds, Rule, Violation } from './violation.ts';

const rules: readonly Rule[] = [
  acknowledgedAreThere,
  acknowledgementsNameCopies,
  oneIdAKey,
  removedStaysAway,
  tasksRanAtLeastOnce,
  succeededIsComplete,
  resultsAreRight,
  noTwoResults,
  viewsAgree,
  outcomesStay,
  cancelledYieldsNothing,
  termsOnlyRise,
  daemonsComeBack,
  nobodyDies,
  fewAreExecutedTwice,
  requestsSucceedInTime,
  settlesInTime,
];

export function check(history: History, bounds: Bounds): readonly Violation[] {
  return rules.flatMap((rule) => rule(history, bounds));
}
