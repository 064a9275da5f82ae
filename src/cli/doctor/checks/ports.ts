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
  /** First port to be tried for HTTP; undefined: the settings want none, or any. */
  readonly httpPort: number | undefined;
  /** Asked for by a setting. */
  readonly httpGiven: boolean;
  /** Where the daemon serves HTTP over TCP. */
  readonly httpAddress: string | undefined;
  /** Of the daemon that runs here. */
  readonly daemon: number | undefined;
  /** Everything that listens here; undefined where the system does not tell. */
  readonly listening: readonly PortHolder[] | undefined;
}

export function checkPorts(reading: PortsReading): readonly Finding[] {
  return [ofPeers(reading), ofHttp(reading)];
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

function ofHttp({ httpPort, httpGiven, httpAddress, daemon, listening }: PortsReading): Finding {
  const { ok, none, failing } = check('network', 'http-port');
  if (daemon !== undefined) return httpAddress === undefined ? none('HTTP over TCP is switched off') : ok(`HTTP at ${httpAddress}`);
  if (httpPort === undefined) return none('HTTP over TCP is switched off, or takes any port');
  if (listening === undefined) return none('this system does not tell who listens where');
  const holders = listening.filter(({ port, protocol }) => port === httpPort && protocol === 'tcp');
  if (holders.length === 0) return ok(`TCP ${httpPort} is free for us`);
  const what = `TCP ${httpPort} belongs to ${nameOf(holders, 'tcp')}`;
  if (!httpGiven) return ok(`${what}; the next free one is taken`);
  return failing(what, {
    cause: 'The settings ask for this port, so the daemon cannot start.',
    advice: 'Stop that program, or take another port:',
    commands: [`sudo ss -lntp 'sport = :${httpPort}'`, `supervm up --http-port ${httpPort + 1}`],
  });
}

function nameOf(holders: readonly PortHolder[], protocol: 'tcp' | 'udp'): string {
  const holder = holders.find((one) => one.protocol === protocol);
  if (holder?.pid === undefined) return "another user's program";
  return `${holder.program ?? 'a program'} (pid ${holder.pid})`;
}
