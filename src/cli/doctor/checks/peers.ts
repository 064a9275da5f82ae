/** Do other nodes get through to this one, and do the clocks agree? Pure. */
import type { PeerView } from '../../../api/views.ts';
import { printable } from '../../output/style.ts';
import { countText, durationText } from '../../output/units.ts';
import { check, type Finding } from '../finding.ts';
import { asRoot, type System } from '../system.ts';

export interface PeersReading {
  /** Undefined without a daemon, or with one of another version. */
  readonly peers: readonly PeerView[] | undefined;
  readonly peerPort: number;
  readonly system: Pick<System, 'root'>;
}

/** Beyond that many nodes not everybody gets heartbeats. */
const allWatchAll = 16;

export function checkReachable({ peers, peerPort }: PeersReading): readonly Finding[] {
  const { ok, none, warning, failing } = check('network', 'reachable');
  if (peers === undefined) return [none('only a daemon can ask other machines whether they get through')];
  const away = peers.filter(({ reachability }) => reachability === 'unreachable').map(({ name }) => printable(name));
  const asked = peers.filter((peer) => peer.dials !== undefined && peer.dials.length > 0);
  if (asked.length === 0) return [none(peers.length === 0 ? 'no other node is known' : `no other node answers (${away.join(', ') || 'of another version'})`)];
  const shut = asked.filter((peer) => !peer.dials?.some(({ outcome }) => outcome === 'open'));
  if (shut.length > 0) {
    const outcomes = shut.flatMap((peer) => peer.dials ?? []);
    const tried = shut
      .map((peer) => `${printable(peer.name)} tried ${peer.dials?.map(({ address, outcome }) => `${printable(address)}: ${words[outcome]}`).join(', ')}`)
      .join('; ');
    const remedy = {
      cause: outcomes.some(({ outcome }) => outcome === 'silent')
        ? `A firewall here or on the way drops connections to TCP ${peerPort}. Now they are connected from this side only.`
        : 'There is no way from there to this machine (another network, a router with address translation). Now they are connected from this side only.',
      advice: `Let TCP and UDP ${peerPort} through to this machine; ${tried}.`,
    };
    const found = `${shut.map((peer) => printable(peer.name)).join(', ')} cannot connect to this machine`;
    return [shut.length === asked.length ? failing(found, remedy) : warning(found, remedy)];
  }
  const lost = away.length === 0 ? '' : `; out of reach: ${away.join(', ')}`;
  return [ok(`${countText(asked.length, 'node')} can connect to this machine${lost}`)];
}

const words = { open: 'open', refused: 'refused', silent: 'no answer', 'no-way': 'no way there' } as const;

export function checkHeartbeats({ peers, peerPort }: PeersReading): readonly Finding[] {
  const { ok, none, warning } = check('network', 'heartbeats');
  const here = (peers ?? []).filter(({ reachability }) => reachability === 'alive' || reachability === 'suspect');
  if (peers === undefined || here.length === 0 || here.length >= allWatchAll)
    return [none(here.length >= allWatchAll ? 'not every node gets them in a large cluster' : 'no other node to send them to')];
  const slow = here.filter(({ heartbeats }) => heartbeats !== 'udp').map(({ name }) => printable(name));
  if (slow.length === 0) return [ok('arrive by UDP')];
  return [
    warning(`do not arrive by UDP at ${slow.join(', ')}`, {
      cause: 'A firewall on either side drops them, or that node has only just started. They go over the connection instead, so a busy daemon may look dead.',
      advice: `Let UDP ${peerPort} through on both machines.`,
    }),
  ];
}

const warnMs = 5_000;
const failMs = 60_000;

export function checkClocks({ peers, system }: PeersReading): readonly Finding[] {
  const { ok, none, warning, failing } = check('clock', 'clock-skew');
  const told = (peers ?? []).flatMap(({ name, aheadMs, withinMs = 0 }) => (aheadMs === undefined ? [] : [{ name: printable(name), aheadMs, withinMs }]));
  if (told.length === 0) return [none('no other node to compare the clock with')];
  // Of what is surely apart, not of what the way there may account for.
  const apart = ({ aheadMs, withinMs }: (typeof told)[number]): number => Math.max(0, Math.abs(aheadMs) - withinMs);
  const off = told.filter((peer) => apart(peer) > warnMs);
  const most = Math.max(...told.map(({ aheadMs, withinMs }) => Math.abs(aheadMs) + withinMs));
  if (off.length === 0)
    return [
      ok(
        `agrees with ${countText(told.length, 'other node')} within ${most < 1000 ? `${Math.max(10, Math.ceil(most / 10) * 10)} ms` : `${(most / 1000).toFixed(1)} s`}`,
      ),
    ];
  const list = off.map(({ name, aheadMs }) => `${name} is ${durationText(Math.abs(aheadMs) / 1000)} ${aheadMs > 0 ? 'ahead' : 'behind'}`).join(', ');
  const here = off.length > told.length / 2 && told.length > 1 ? 'Most others agree among themselves, so it is this clock that is wrong. ' : '';
  const remedy = {
    cause: `${here}Nothing is lost by that, but invitations, certificates and tokens expire at the wrong moment, and times in lists and logs mislead.`,
    advice: 'Let the clocks be set from the network, on the machine that is wrong:',
    commands: [asRoot(system, 'timedatectl set-ntp true')],
  };
  const found = `the clocks are apart: ${list}`;
  return [off.some((peer) => apart(peer) > failMs) ? failing(found, remedy) : warning(found, remedy)];
}
