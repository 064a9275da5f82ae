/** Who listens on which port, from /proc. */
import { readlinkSync } from 'node:fs';
import type { PortHolder } from '../checks/ports.ts';
import { listFolder, readText } from './files.ts';

interface Socket {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly inode: string;
}

const tables = [
  ['tcp', '/proc/net/tcp'],
  ['tcp', '/proc/net/tcp6'],
  ['udp', '/proc/net/udp'],
  ['udp', '/proc/net/udp6'],
] as const;

/** State 0A: a TCP socket that listens; 07: a UDP one that is bound. */
const states = { tcp: '0A', udp: '07' } as const;

/** A table of /proc/net. */
export function readSockets(protocol: 'tcp' | 'udp', table: string): readonly Socket[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    const port = Number.parseInt(local.split(':')[1] ?? '', 16);
    return state === states[protocol] && inode !== undefined && port > 0 ? [{ protocol, port, inode }] : [];
  });
}

/** Of these ports only: to find out whose a socket is takes a look at every open file. Undefined where there is no /proc. */
export function listeningOn(ports: readonly number[]): readonly PortHolder[] | undefined {
  const texts = tables.map(([protocol, file]) => [protocol, readText(file)] as const);
  if (texts.every(([, text]) => text === undefined)) return undefined;
  const sockets = texts.flatMap(([protocol, text]) => readSockets(protocol, text ?? '')).filter(({ port }) => ports.includes(port));
  const owners = sockets.length === 0 ? new Map<string, number>() : ownersOf(new Set(sockets.map(({ inode }) => inode)));
  return sockets.map(({ protocol, port, inode }) => {
    const pid = owners.get(inode);
    return { protocol, port, pid, program: pid === undefined ? undefined : readText(`/proc/${pid}/comm`)?.trim() };
  });
}

function ownersOf(wanted: ReadonlySet<string>): Map<string, number> {
  const owners = new Map<string, number>();
  for (const pid of listFolder('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const handle of listFolder(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkTarget(`/proc/${pid}/fd/${handle}`))?.[1];
      if (inode !== undefined && wanted.has(inode)) owners.set(inode, Number(pid));
    }
    if (owners.size === wanted.size) break;
  }
  return owners;
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed in this moment.
    return '';
  }
}
