/** Joining a cluster while no daemon runs here. */
import { existsSync, renameSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { SupervmError } from '../src/model/errors.ts';
import type { DaemonProgram, Joined, JoinStart } from '../src/settings/daemon-program.ts';
import { lockFolder } from '../src/settings/folder-lock.ts';
import type { Paths } from '../src/settings/paths.ts';
import { makePrivateFolder } from '../src/settings/private-folder.ts';
import { foundCluster as foundHome, writeAdmission } from './cluster-home.ts';
import { assertFreeToJoin, dropOwnRecords } from './free-to-join.ts';
import { openHomeKeys } from './keys/home-keys.ts';
import type { KeyFiles } from './keys/key-files.ts';
import { parseClusterKey } from './network/cluster-key.ts';
import { lookAround as seeAround } from './network/discovery/look-around.ts';
import { openMdnsSocket } from './network/discovery/mdns-socket.ts';
import { loadNodeKey } from './network/node-key.ts';
import { parseInvite } from './network/pairing/invite-line.ts';
import type { Welcome } from './network/pairing/pairing-protocol.ts';
import { type Asking, knock, type RedeemNeeds, redeemInvite } from './network/pairing/redeem-invite.ts';
import { createAdminKey } from './network/papers/admin-key.ts';
import { Papers, type PapersState } from './network/papers/papers.ts';
import { formatRecoveryCode, recoveryKey } from './network/papers/recovery-code.ts';
import { parsePapers } from './network/papers/stored-papers.ts';
import { networkFile } from './network-parts.ts';
import { rememberNetwork } from './remembered.ts';
import { systemClock, systemRandomness } from './system-clock.ts';

/** How long a first `up` looks for somebody who waits for it. */
const lookMs = 2_000;
/** Of the hash of a cluster, as `status` shows it. */
const shownDigits = 8;

export const joinCluster: DaemonProgram['joinCluster'] = async (start) => {
  const { paths, line } = start;
  makePrivateFolder(paths.home);
  using _lock = lockFolder(paths);
  return admitted(start, rootOf(line), (asking, needs) => redeemInvite(line, asking, needs));
};

export const joinNearby: DaemonProgram['joinNearby'] = async (start) => {
  const { paths, address } = start;
  makePrivateFolder(paths.home);
  using _lock = lockFolder(paths);
  return admitted(start, undefined, (asking, needs) => knock(address, asking, { ...needs, confirm: (words) => start.confirm(words) }));
};

export const lookAround: DaemonProgram['lookAround'] = async () => {
  const around = await seeAround(lookMs, { clock: systemClock(), openSocket: openMdnsSocket, interfaces: networkInterfaces });
  return { doors: [...around.doors.values()], clusters: [...around.clusters].map((cluster) => cluster.slice(0, shownDigits)) };
};

export const foundCluster: DaemonProgram['foundCluster'] = async ({ paths, passphrase }) => {
  makePrivateFolder(paths.home);
  using _lock = lockFolder(paths);
  const keys = keysOf(paths, passphrase);
  const { id: self } = await loadNodeKey(paths.nodeKey, keys);
  const recoveryCode = formatRecoveryCode(systemRandomness().hex(16));
  foundHome({ ...paths, keys }, { self, now: systemClock().wall(), recovery: recoveryKey(recoveryCode) });
  return { recoveryCode };
};

/** `root`: of the cluster, where it is known before. Call with the folder locked. */
async function admitted(
  { paths, passphrase, settings, signal, waiting }: JoinStart,
  root: string | undefined,
  ask: (asking: Asking, needs: RedeemNeeds) => Promise<Welcome>,
): Promise<Joined> {
  const world = { clock: systemClock(), randomness: systemRandomness() };
  const keys = keysOf(paths, passphrase);
  // Before the invitation is used up.
  const isRemoved = await wasRemoved({ ...paths, keys }, root);
  if (!isRemoved) await assertFreeToJoin(paths, world);
  // Of the node that it comes back as; until it is let in, it stays who it is.
  const nodeKey = isRemoved ? `${paths.nodeKey}.next` : paths.nodeKey;
  const { id: self } = await loadNodeKey(nodeKey, keys);
  const adminKey = createAdminKey();
  const needs = { ...world, signal, ...(waiting === undefined ? {} : { waiting }) };
  const welcome = await ask({ name: settings.name, node: self, adminKey: adminKey.id }, needs);
  const key = parseClusterKey(welcome.clusterKey, 'the key that the invitation brought');
  let kept: PapersState | undefined;
  const state = { admins: welcome.admins, removals: welcome.removals, met: {} };
  const papers = new Papers(
    { self, cluster: key.clusterId, root: key.root, isKeyFile: false, state },
    {
      clock: world.clock,
      keep: (next) => {
        kept = next;
      },
    },
  );
  // Of a key file the secret says it all.
  if (key.fileAdmin === undefined && (root === undefined || key.root === root) && papers.accept(welcome.papers) && kept !== undefined) {
    writeAdmission({ ...paths, keys }, { key, adminKey: papers.admins.isKnown(adminKey.id) ? adminKey : undefined, papers: kept });
  } else if (key.fileAdmin !== undefined && key.root === (root ?? key.root)) {
    writeAdmission({ ...paths, keys }, { key, adminKey: undefined, papers: state });
  } else {
    throw new SupervmError(
      'invite-refused',
      'the inviting machine gave a certificate that does not hold',
      'Run "supervm invite" on another machine of the cluster.',
    );
  }
  // Who comes back as a new node has the records of this very cluster.
  if (!isRemoved) dropOwnRecords(paths);
  else {
    // After the papers: what a crash leaves between can be invited again.
    renameSync(paths.nodeKey, `${paths.nodeKey}.removed`);
    renameSync(nodeKey, paths.nodeKey);
  }
  rememberNetwork(networkFile(paths)).keep({ introducers: welcome.addresses, book: {} });
  return { cluster: welcome.clusterName, role: welcome.role };
}

/** Undefined for a line that cannot be read; whoever redeems it says why. */
function rootOf(line: string): string | undefined {
  try {
    return parseInvite(line).root;
  } catch {
    return undefined;
  }
}

/** Out of the cluster with this root: it comes back as a new node, and keeps its records. */
async function wasRemoved({ membership, clusterKey, nodeKey, keys }: Paths & { readonly keys: KeyFiles }, root: string | undefined): Promise<boolean> {
  const [papers, secret] = [keys.read(membership), keys.read(clusterKey)];
  if (root === undefined || papers === undefined || secret === undefined || !existsSync(nodeKey)) return false;
  const key = parseClusterKey(secret, clusterKey);
  const { removals } = parsePapers(papers, membership);
  const { id: self } = await loadNodeKey(nodeKey, keys);
  return key.root === root && removals.some(({ node }) => node === self);
}

function keysOf(paths: Paths, passphrase: string | undefined): KeyFiles {
  return openHomeKeys(paths, passphrase, { randomness: systemRandomness() }).files;
}
