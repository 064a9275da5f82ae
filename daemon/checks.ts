/** The daemon's code that `supervm doctor` tries without a daemon; the command line loads it by name. Nothing here loads libp2p. */
import { existsSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { SupervmError } from '../src/model/errors.ts';
import type { MachineChecks } from '../src/settings/daemon-checks.ts';
import { packageFolder, programFile } from '../src/settings/program-files.ts';
import { isSealedText } from './keys/sealed-text.ts';
import { parseClusterKey } from './network/cluster-key.ts';
import { hearMulticast as hear } from './network/discovery/hear-multicast.ts';
import { openMdnsSocket } from './network/discovery/mdns-socket.ts';
import { readCertificate } from './network/papers/certificate.ts';
import { parsePapers } from './network/papers/stored-papers.ts';
import { usualPort } from './network/usual-port.ts';
import { rememberNetwork } from './remembered.ts';
import { systemClock, systemRandomness } from './system-clock.ts';
import { ControlGroups } from './worker/launcher/control-groups.ts';
import { chooseSandbox } from './worker/sandbox/choose-sandbox.ts';

const shownDigits = 16;

export const hearMulticast: MachineChecks['hearMulticast'] = (listenMs) =>
  hear(listenMs, { clock: systemClock(), randomness: systemRandomness(), openSocket: openMdnsSocket, interfaces: networkInterfaces });

export const trySandbox: MachineChecks['trySandbox'] = async (folder) => {
  const session = programFile('daemon/worker/session/main.ts');
  const readable = ['src', 'daemon', 'plugins', 'dist', 'package.json'].map((name) => join(packageFolder(), name));
  const { level } = await chooseSandbox({
    workFolder: folder,
    mark: 'doctor',
    // They are left as they are: the group of this machine's launchers is one, and may be in use by another home's.
    enforces: new ControlGroups().controllers,
    readable: [process.execPath, ...readable],
    needed: [process.execPath, session],
  });
  return level;
};

export const membershipOf: MachineChecks['membershipOf'] = ({ clusterKey, adminKey, membership }) => {
  if (!existsSync(clusterKey)) return undefined;
  try {
    const text = readFileSync(clusterKey, 'utf8');
    if (isSealedText(text)) return { encrypted: true };
    const key = parseClusterKey(text, clusterKey);
    const { certificate } = existsSync(membership) ? parsePapers(readFileSync(membership, 'utf8'), membership) : {};
    const endsAt = certificate === undefined ? {} : { endsAt: readCertificate(certificate).notAfter };
    return { cluster: key.publicHash.slice(0, shownDigits), admin: key.fileAdmin !== undefined || existsSync(adminKey), ...endsAt };
  } catch (error) {
    return { problem: (error as Error).message, hint: error instanceof SupervmError ? error.hint : '' };
  }
};

export const peerPort: MachineChecks['peerPort'] = (home) => {
  const { port } = rememberNetwork(join(home, 'network.json')).known;
  return port === 0 ? usualPort : port;
};
