/** The network as daemon.ts needs it: carrier, discovery and invitations over one key, and what is remembered of them. */
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { AdminAdded, AuditLine } from '../src/model/cluster-facts.ts';
import type { HostId } from '../src/model/job.ts';
import type { DaemonSettings } from '../src/settings/daemon-settings.ts';
import type { Paths } from '../src/settings/paths.ts';
import { programFile } from '../src/settings/program-files.ts';
import type { Clock, Randomness } from './clock.ts';
import { keepClusterKey, keepPapers, openClusterHome } from './cluster-home.ts';
import { watchCopiedIdentity } from './copied-identity.ts';
import type { KeyFiles } from './keys/key-files.ts';
import type { Log } from './log/log.ts';
import type { Membership } from './membership/membership.ts';
import { formatAddress, parseAddress } from './network/addresses.ts';
import { beatThreadStarter } from './network/beats/start-thread.ts';
import { UdpBeats } from './network/beats/udp-beats.ts';
import { createMdns } from './network/discovery/mdns.ts';
import { openMdnsSocket } from './network/discovery/mdns-socket.ts';
import { PairingSign } from './network/discovery/pairing-sign.ts';
import { createStaticPeers } from './network/discovery/static-peers.ts';
import { Libp2pNetwork } from './network/libp2p-network.ts';
import { loadNodeKey } from './network/node-key.ts';
import type { PairingListener } from './network/pairing/pairing-listener.ts';
import { Papers } from './network/papers/papers.ts';
import { usualPort } from './network/usual-port.ts';
import { watchOwnStanding } from './own-standing.ts';
import { createPairing } from './pairing-parts.ts';
import { rememberNetwork } from './remembered.ts';
import { SecretRotation } from './secret-rotation.ts';
import type { Startable } from './startable.ts';

const everywhere = '0.0.0.0';

interface Needs {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}

export interface NetworkParts extends Startable {
  readonly messenger: Libp2pNetwork;
  /** For membership; they start and stop with the network. */
  readonly beats: UdpBeats;
  readonly incarnation: number;
  /** Connections that stand now, the streams on them, and what only other versions know. */
  counts(): ReturnType<Libp2pNetwork['counts']>;
  /** What people call the cluster: the beginning of what strangers may know of its id. */
  readonly cluster: string;
  /** What only machines of the cluster know, the current one first: secrets are sealed with it. */
  shared(): readonly [Uint8Array, ...Uint8Array[]];
  readonly pairing: PairingListener;
  /** How an invitation stands; newcomers of the local network may knock for some seconds. */
  lookAfter(invitation: string): ReturnType<PairingListener['look']>;
  /** By what right machines are here. */
  readonly papers: Papers;
  readonly rotation: SecretRotation;
  /** Told from now on of everybody who was let in or turned away. */
  auditTo(audit: (line: AuditLine) => void): void;
  /** A machine that was let in holds an admin key from now on; the others are to be told. */
  onCertified(listener: (admin: AdminAdded) => void): void;
  /** Dials whom members tell about, and tells them where this node is. */
  follow(membership: Membership): void;
  /** What people should know of the network now. */
  problems(): readonly { readonly code: string; readonly message: string; readonly hint: string }[];
  /** Starts last: whoever is found must meet a node that serves. */
  discovery(membership: Membership): Startable;
}

/** Where the network's memory is kept; `join` leaves there who let this machine in. */
export function networkFile(paths: Paths): string {
  return join(paths.home, 'network.json');
}

export async function openNetwork(
  options: { readonly paths: Paths; readonly keys: KeyFiles; readonly settings: DaemonSettings; readonly host: HostId },
  needs: Needs,
): Promise<NetworkParts> {
  const { settings, host, keys } = options;
  const paths = { ...options.paths, keys };
  const { clock, randomness } = needs;
  const log = needs.log.of('network');
  const nodeKey = await loadNodeKey(paths.nodeKey, keys);
  const self = nodeKey.id;
  const { key, founded, adminKey, papers: state } = openClusterHome(paths, { given: settings.clusterKeyFile, self, now: clock.wall() });
  const isKeyFile = key.fileAdmin !== undefined;
  const papers = new Papers(
    { self, cluster: key.clusterId, root: key.root, adminKey, isKeyFile, state },
    {
      clock,
      // What was learned counts in this process all the same, and comes again with the next connections.
      keep: (next) =>
        attempt(
          () => keepPapers(paths, next),
          (error) => log.warn('certificates cannot be kept', { error }),
        ),
    },
  );
  const standing = watchOwnStanding({ self, papers, isKeyFile }, { clock, log });
  let audit: (line: AuditLine) => void = () => undefined;
  const certified: ((admin: AdminAdded) => void)[] = [];
  if (founded) log.info('founded a cluster', { cluster: key.publicHash.slice(0, 8) });
  // Told while messages are taken and connections made: a full disk must not end those.
  const memory = rememberNetwork(networkFile(paths), (error) => log.warn('what is known of the network cannot be kept', { error }));
  const incarnation = Math.max(memory.known.incarnation + 1, clock.wall());
  memory.keep({ incarnation });
  const [given] = settings.listen.map((text) => parseAddress(text, 0));
  const book = Object.entries(memory.known.book).map(([node, addresses]) => ({ node, addresses }));
  const listen = given ?? { port: memory.known.port === 0 ? usualPort : memory.known.port, prefer: true };
  const beats = new UdpBeats({
    randomness,
    startThread: beatThreadStarter(programFile('daemon/network/beats/thread-main.ts')),
    problem: (reason) => log.warn('heartbeats go over the connections instead of UDP', { reason }),
  });
  const copied = watchCopiedIdentity({ nodeKey: paths.nodeKey }, { clock, log });
  const messenger = new Libp2pNetwork(
    {
      clusterKey: key,
      papers,
      nodeKey,
      host,
      incarnation,
      listen,
      book,
    },
    {
      clock,
      randomness,
      beats,
      identityInUse: (rival) => copied.met(rival),
      learned: (node, addresses) => memory.keep({ book: { ...memory.known.book, [node]: addresses } }),
      excluded(peer, reason, pauseMs) {
        log.warn('a member stays out for a while', { peer, reason, pauseMs });
        audit({ who: `node:${peer}`, door: 'peer', action: 'member-excluded', subject: '', outcome: 'refused', detail: `${reason} (for ${pauseMs / 1000} s)` });
      },
      refusedBy: (peer, reason) => standing.refused(peer, reason),
      problem: (peer, reason) => log.info('a connection ended', { peer, reason }),
      unknown: (peer, protocol, word) => log.debug('a peer of another version said what is not known here', { peer, protocol, word }),
    },
  );
  const cluster = key.publicHash.slice(0, 8);
  const rotation = new SecretRotation(
    { key },
    { clock, papers, messenger, keep: (text) => keepClusterKey(paths, text), takePrologues: (prologues) => messenger.takePrologues(prologues) },
  );
  messenger.onPeer(({ type, peer }) => type === 'connected' && rotation.met(peer));
  const pairing = createPairing(
    { papers, key: () => rotation.key, cluster },
    {
      clock,
      randomness,
      log,
      host: given?.host ?? everywhere,
      addresses: () => messenger.addresses(),
      audit: (line) => audit(line),
      certified: (admin) => certified.forEach((tell) => void tell(admin)),
    },
  );
  const sign = new PairingSign({ clusterHash: key.publicHash }, { clock, openSocket: openMdnsSocket, interfaces: networkInterfaces });
  return {
    messenger,
    beats,
    counts: () => messenger.counts(),
    problems: () => [...standing.problems(), ...copied.problems()],
    incarnation,
    cluster,
    shared: () => rotation.key.shared,
    pairing,
    lookAfter(invitation) {
      const view = pairing.look(invitation);
      void pairing.knocking().then((port) => port !== undefined && settings.discovery && sign.show(port));
      return view;
    },
    papers,
    rotation,
    auditTo(next) {
      audit = next;
    },
    onCertified: (listener) => void certified.push(listener),
    async start() {
      // First, for hellos tell their port; the same number as the connections' where it is free, for the sake of firewalls.
      await beats.start(given?.host ?? everywhere, listen.port);
      await messenger.start();
      rotation.start();
      if (given === undefined) memory.keep({ port: messenger.port() });
    },
    async stop() {
      rotation.stop();
      sign.stop();
      await pairing.stop();
      await messenger.stop();
      await beats.stop();
    },
    follow(membership) {
      membership.onChange(({ member, before }) => {
        const { id: node, name, addresses } = member.facts;
        if (node === membership.self) return;
        messenger.learn(node, addresses);
        if (before === 'unreachable' && member.reachability !== 'left') void messenger.isBack(node);
        if (before !== member.reachability) log.info(`a node is ${member.reachability}`, { name, node });
      });
    },
    discovery(membership) {
      const peers = [...settings.peers, ...memory.known.introducers].filter((address) => !messenger.addresses().includes(formatAddress(parseAddress(address))));
      const mdns = createMdns(
        { self: messenger.self, clusterHash: key.publicHash },
        {
          clock,
          openSocket: openMdnsSocket,
          interfaces: networkInterfaces,
          addresses: () => messenger.addresses(),
          problem: (address, reason) => log.warn('multicast does not work on an interface', { address, reason }),
        },
      );
      const sources = [createStaticPeers(peers, { clock, randomness }), ...(settings.discovery ? [mdns] : [])];
      return {
        async start() {
          membership.update({ addresses: messenger.addresses() });
          for (const source of sources) source.start((address, node) => void messenger.found(address, node));
        },
        async stop() {
          for (const source of sources) source.stop();
        },
      };
    },
  };
}

function attempt(work: () => void, failed: (error: unknown) => void): void {
  try {
    work();
  } catch (error) {
    failed(error);
  }
}
