/** Who belongs to the cluster, as an admin changes it: invitations, and the expulsion of a machine, here or by a machine that holds an admin key. */
import type { ExpulsionReceipt } from '../src/api/machines.ts';
import type { AdminAdded, AuditLine, MemberRemoved } from '../src/model/cluster-facts.ts';
import { SupervmError } from '../src/model/errors.ts';
import type { HostId, NodeId } from '../src/model/job.ts';
import type { Clock } from './clock.ts';
import type { ControlPlane } from './control-plane.ts';
import { ExpulsionRequests } from './expulsion-requests.ts';
import type { Machines } from './http/services.ts';
import { machinesProtocol } from './machines-protocol.ts';
import { usualTerms } from './network/pairing/invitations.ts';
import { type AdminKey, createAdminKey } from './network/papers/admin-key.ts';
import { recoveryKey } from './network/papers/recovery-code.ts';
import type { NetworkParts } from './network-parts.ts';
import type { Startable } from './startable.ts';

/** For machines that are off while the cluster's secret is replaced. */
const usualGraceSeconds = 30 * 86_400;
const answerMs = 10_000;
/** How long whoever expels waits for more machines to have it on disk; it is on this one before. */
const copiesWaitMs = 2000;
/** The others may have to elect a coordinator first. */
const voteTries = 12;
const voteTryMs = 1000;

export interface MachinesNeeds {
  /** Throws what the disk says. */
  keepAdminKey(key: AdminKey): void;
  readonly clock: Clock;
  readonly network: Pick<NetworkParts, 'papers' | 'pairing' | 'lookAfter' | 'rotation' | 'auditTo' | 'onCertified'>;
  readonly plane: Pick<ControlPlane, 'journal' | 'messenger' | 'leadership' | 'membership' | 'audit'>;
  /** Where something could not be written down. */
  problem(error: unknown): void;
}

/** Construct before the network starts; starts after the control plane. */
export function createMachines({ clock, network, plane, problem, keepAdminKey }: MachinesNeeds): Machines & Startable {
  const { papers, pairing } = network;
  const { journal, messenger, leadership, membership } = plane;
  const tell = (fact: AdminAdded | MemberRemoved): Promise<readonly HostId[]> => journal.appendCluster(fact, copiesWaitMs).then(({ copies }) => copies);
  const nameOf = (id: NodeId): string => membership.member(id)?.facts.name ?? id;
  const expelHere = async (id: NodeId, { who, door }: Pick<AuditLine, 'who' | 'door'>): Promise<readonly HostId[] | undefined> => {
    const fact = papers.remove(id);
    if (fact === undefined) return undefined;
    const copies = await tell(fact);
    plane.audit({ who, door, action: 'machine-removed', subject: id, outcome: 'done', detail: nameOf(id) });
    return copies;
  };
  const requests = new ExpulsionRequests({ clock, papers, isMember: (node) => membership.member(node) !== undefined });
  messenger.serve(machinesProtocol, {
    onMessage: (from, message) => {
      if (message.type === 'holds') network.rotation.heardNumber(from, message.number);
      else network.rotation.heardSecret(from, message.secret);
    },
    onRequest: async (from, { node: id }) => {
      const asker = { who: `node:${nameOf(from)}`, door: 'peer' } as const;
      try {
        requests.check(from, id);
      } catch (error) {
        plane.audit({ ...asker, action: 'removal-refused', subject: id, outcome: 'refused', detail: error instanceof Error ? error.message : '' });
        throw error;
      }
      const copies = await expelHere(id, asker);
      if (copies === undefined) throw new SupervmError('not-allowed', 'this machine holds no admin key', 'See: supervm nodes');
      return { type: 'expelled', copies: [...copies] };
    },
  });
  network.onCertified((admin) => void tell(admin).catch(problem));
  network.auditTo((line) => plane.audit(line));
  return {
    async invite({ role = usualTerms.role, seconds, uses = usualTerms.uses, approve = usualTerms.approve }) {
      const { id, line, expiresAt } = await pairing.invite({ role, uses, approve, validMs: seconds === undefined ? usualTerms.validMs : seconds * 1000 });
      return { id, line, expiresAt };
    },
    look: (id) => network.lookAfter(id),
    answer: (newcomer, admit) => pairing.answer(newcomer, admit),
    async expel(id, caller) {
      const copies = (await expelHere(id, caller)) ?? (await askHolders(id));
      const warnings = [...(await withoutVote(id)), ...givenKeys(id), ...soleHolder(), ...knownSecrets()];
      return { node: id, copies, warnings };
    },
    async rotate({ seconds = usualGraceSeconds }, { who, door }) {
      const { number, until, told } = network.rotation.rotate(seconds * 1000);
      plane.audit({ who, door, action: 'secret-replaced', subject: `${number}`, outcome: 'done' });
      return { number, until, told: told.map(nameOf) };
    },
    async recover(code, { who, door }) {
      const own = createAdminKey();
      const fact = papers.adminKey === undefined ? papers.recover(recoveryKey(code), own) : undefined;
      if (fact === undefined) throw notRecovered(papers.adminKey !== undefined);
      keepAdminKey(own);
      const copies = await tell(fact);
      plane.audit({ who, door, action: 'admin-key-recovered', subject: papers.self, outcome: 'done' });
      return { copies };
    },
    async start() {
      // What was said before there were records: at the founding, or while nobody could write.
      const known = journal.cluster();
      if (papers.adminKey === undefined) return;
      const untold = [
        ...papers.admins.admins().filter(({ key }) => !known.admins.has(key)),
        ...papers.admins.removals().filter((removal) => !known.removals.has(removal.node)),
      ];
      for (const fact of untold) await tell(fact).catch(problem);
    },
    stop: async () => undefined,
  };

  async function askHolders(id: NodeId): Promise<readonly HostId[]> {
    const connected = messenger.connected();
    const holders = papers.admins.holders().filter((holder) => connected.includes(holder) && holder !== id);
    let last: unknown;
    for (const holder of holders) {
      try {
        return (await messenger.request(holder, machinesProtocol, { type: 'expel', node: id }, answerMs)).copies;
      } catch (error) {
        last = error;
      }
    }
    // It was asked and does not want to: it says why.
    if (last instanceof SupervmError && last.cause instanceof SupervmError) throw last.cause;
    const names = papers.admins.holders().map(nameOf).join(', ');
    const hint = names === '' ? 'With the recovery code: supervm recover' : `These hold one: ${names}. Or with the recovery code: supervm recover`;
    throw new SupervmError('not-allowed', 'this machine holds no admin key, and none that does can be reached', hint, { cause: last });
  }

  /** A majority of the voters must not depend on it any more. */
  async function withoutVote(id: NodeId): Promise<ExpulsionReceipt['warnings']> {
    for (let tries = 1; leadership.voters()?.voters.some((voter) => voter.node === id) === true; tries += 1) {
      try {
        await leadership.forget(id);
      } catch (error) {
        const isLater = error instanceof SupervmError && error.code !== 'could-undo' && tries < voteTries;
        if (!isLater) return [stillVotes(id, error)];
        await new Promise<void>((resolve) => clock.after(voteTryMs, resolve));
      }
    }
    return [];
  }

  function stillVotes(id: NodeId, error: unknown): ExpulsionReceipt['warnings'][number] {
    const why = error instanceof Error ? error.message : String(error);
    return { code: 'still-voter', message: `it is on the list of voters still: ${why}`, hint: `supervm node forget ${id.slice(-8)}` };
  }

  /** What it said before it was removed stands. */
  function givenKeys(id: NodeId): ExpulsionReceipt['warnings'] {
    const given = papers.admins.givenBy(id);
    if (given.length === 0) return [];
    const message = `by its word these hold admin keys still: ${given.map((node) => (nameOf(node) === node ? node : `${nameOf(node)} (${node})`)).join(', ')}`;
    return [{ code: 'gave-admin-keys', message, hint: 'Whichever of them you do not know: supervm node remove ID' }];
  }

  function knownSecrets(): ExpulsionReceipt['warnings'] {
    if (![...journal.cluster().secrets.values()].some(({ type }) => type === 'secret-set')) return [];
    const message = 'it knows the secrets of this cluster: what is set anew alone is one again';
    return [{ code: 'knows-secrets', message, hint: 'See: supervm secret ls. Give each a new value where it comes from, then: supervm secret set NAME' }];
  }

  function soleHolder(): ExpulsionReceipt['warnings'] {
    const holders = papers.admins.holders();
    if (holders.length !== 1) return [];
    const message = `only ${nameOf(holders[0] as NodeId)} can let machines in and remove them now`;
    return [{ code: 'one-admin-key', message, hint: 'The next machine that it invites gets an admin key too.' }];
  }
}

function notRecovered(hasKey: boolean): SupervmError {
  if (hasKey) return new SupervmError('not-allowed', 'this machine holds an admin key already', 'To let another machine in: supervm invite');
  const hint = 'It was printed when the cluster was founded by "supervm up". A machine that holds a key file, a worker and a removed machine recover nothing.';
  return new SupervmError('not-allowed', 'this code is none of this cluster, or this machine may hold no admin key', hint);
}
