/** Are the ports on which others reach this machine ours, or free for us? Pure. */
import { check, type Finding } from '../finding.ts';

export interface PortHolder {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** Undefined where only root may see it. */
  readonly pid: number | undefined;
  readonly program: string | undefined;
}

export interface PortsReading {
  /** Where other nodes connect to, and send heartbeats to by UDP. */
  readonly peerPort: number;
  /** Asked for by a setting: then another port will not do. */
  readonly given: boolean;
  /** Where the API listens, if it listens on TCP at all. */
  readonly apiPort: number;
  /** Of the daemon that runs here. */
  readonly daemon: number | undefined;
  /** Everything that listens here; undefined where the system does not tell. */
  readonly listening: readonly PortHolder[] | undefined;
}

export function checkPorts(reading: PortsReading): readonly Finding[] {
  return [ofPeers(reading), ofApi(reading)];
}

function ofPeers({ peerPort, given, daemon, listening }: PortsReading): Finding {
  const { ok, none, warning, failing } = check('network', 'peer-port');
  if (listening === undefined) return none('this system does not tell who listens where');
  const holders = listening.filter(({ port }) => port === peerPort);
  const strangers = holders.filter(({ pid }) => pid === undefined || pid !== daemon);
  const [tcp, udp] = (['tcp', 'udp'] as const).map((protocol) => holders.some((one) => one.protocol === protocol && !strangers.includes(one)));
  if (daemon !== undefined && tcp) {
    if (udp) return ok(`TCP and UDP ${peerPort} are ours`);
    return warning(`TCP ${peerPort} is ours, UDP ${peerPort} is not`, {
      cause: `${nameOf(strangers, 'udp')} has it, so heartbeats use another number, which a firewall may not let through.`,
      advice: 'Stop that program, then restart the daemon:',
      commands: ['supervm restart'],
    });
  }
  const [stranger] = strangers;
  if (stranger === undefined)
    return daemon === undefined ? ok(`TCP and UDP ${peerPort} are free for us`) : ok('the daemon listens on a port of its own choice');
  const what = `${stranger.protocol.toUpperCase()} ${peerPort} belongs to ${nameOf([stranger], stranger.protocol)}`;
  if (given)
    return failing(what, {
      cause: 'The settings ask for this port, so the daemon cannot start.',
      advice: 'Stop that program, or choose another port:',
      commands: [`sudo ss -lntup 'sport = :${peerPort}'`, `supervm up --listen 0.0.0.0:${peerPort + 1}`],
    });
  return warning(what, {
    cause: 'The daemon takes another port instead. Machines find it all the same, but a rule of a firewall for the usual port does not fit.',
    advice: 'See who it is; to choose the port yourself:',
    commands: [`sudo ss -lntup 'sport = :${peerPort}'`, `supervm up --listen 0.0.0.0:${peerPort + 1}`],
  });
}

function ofApi({ apiPort, daemon, listening }: PortsReading): Finding {
  const { ok, none } = check('network', 'http-port');
  if (listening === undefined) return none('this system does not tell who listens where');
  const [holder] = listening.filter(({ port, protocol }) => port === apiPort && protocol === 'tcp');
  if (holder === undefined) return ok(`TCP ${apiPort} is free`);
  if (holder.pid !== undefined && holder.pid === daemon) return ok(`TCP ${apiPort} is ours`);
  return ok(`TCP ${apiPort} belongs to ${nameOf([holder], 'tcp')}; the next free port is taken for the HTTP API`);
}

function nameOf(holders: readonly PortHolder[], protocol: 'tcp' | 'udp'): string {
  const holder = holders.find((one) => one.protocol === protocol);
  if (holder?.pid === undefined) return "another user's program";
  return `${holder.program ?? 'a program'} (pid ${holder.pid})`;
}
