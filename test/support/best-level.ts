import { findGroupPlaces } from '../../daemon/worker/launcher/group-places.ts';
import type { IsolationLevel } from '../../src/model/isolation.ts';

/** The level of a root daemon with bubblewrap on this machine: in many containers no control groups can be made. */
export function bestLevel(): IsolationLevel {
  const controllers = findGroupPlaces().flatMap((place) => place.controllers);
  return controllers.includes('memory') && controllers.includes('pids') ? 'full' : 'limited';
}
