/** The door for new machines, over this node's papers: who comes in gets a certificate, and everything at the door is told. */
import type { AdminAdded, AuditLine } from '../src/model/cluster-facts.ts';
import type { Clock, Randomness } from './clock.ts';
import type { Log } from './log/log.ts';
import { type ClusterKey, currentKeyText } from './network/cluster-key.ts';
import { type Newcomer, PairingListener, type PairingNeeds } from './network/pairing/pairing-listener.ts';
import type { Papers } from './network/papers/papers.ts';

/** Machines that hold an admin key, where there are so many: the loss of one must not be the loss of the power to let others in. */
const adminsWanted = 2;

interface Parts {
  readonly papers: Papers;
  /** As it is now. */
  key(): ClusterKey;
  /** What people call the cluster. */
  readonly cluster: string;
}

export interface DoorNeeds {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Where newcomers may come from: the address to listen at. */
  readonly host: string;
  /** Where this node listens for peers, `host:port`. */
  addresses(): readonly string[];
  audit(line: AuditLine): void;
  /** A newcomer holds an admin key from now on. */
  certified(admin: AdminAdded): void;
}

export function createPairing(parts: Parts, { clock, randomness, log, host, addresses, audit, certified }: DoorNeeds): PairingListener {
  const { papers } = parts;
  return new PairingListener({
    ...{ clock, randomness, host, addresses },
    standing: () => standingOf(papers, parts.key()),
    admit: (newcomer) => admit(newcomer, parts, certified),
    joined: ({ name, node, role }, address) => {
      log.info('a machine was let in', { name, node, role });
      audit({ who: address, door: 'pairing', action: 'machine-admitted', subject: node, outcome: 'done', detail: `${name} as ${role}` });
    },
    refused: ({ kind, reason }, address, name) => {
      log.warn('a machine was turned away', { reason, address, name });
      // Told apart by the action: what is alike is counted together.
      audit({ who: address, door: 'pairing', action: `invitation-${kind}`, subject: name ?? '', outcome: 'refused', detail: reason });
    },
  });
}

function admit(
  { node, role, adminKey }: Newcomer,
  { papers, key: current, cluster }: Parts,
  certified: DoorNeeds['certified'],
): ReturnType<PairingNeeds['admit']> {
  const key = current();
  const isKeyFile = key.fileAdmin !== undefined;
  // Whoever holds a key file holds the root: nothing would keep it a worker.
  const shown = role === 'worker' && isKeyFile ? undefined : papers.admit(node, role);
  if (shown === undefined) return undefined;
  const isWanted = role === 'member' && !isKeyFile && papers.admins.holders().length < adminsWanted;
  const admin = isWanted ? papers.certifyAdmin(adminKey, node) : undefined;
  if (admin !== undefined) certified(admin);
  const admins = [...papers.admins.admins()];
  return { clusterKey: currentKeyText(key), clusterName: cluster, papers: shown, admins, removals: [...papers.admins.removals()] };
}

/** By which keys newcomers know this machine, or why it may let nobody in. */
function standingOf(papers: Papers, key: ClusterKey): ReturnType<PairingNeeds['standing']> {
  const { adminKey } = papers;
  if (adminKey !== undefined) return { inviter: adminKey.id, root: key.root };
  if (papers.isRemoved(papers.self)) return { reason: 'this machine was removed from the cluster: its invitations are void' };
  return { reason: 'this machine holds no admin key, so it can let nobody in' };
}
