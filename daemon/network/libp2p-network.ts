/** Messages between nodes over libp2p: TCP, noise with the cluster's secret, yamux, a hello before anything else. */
import { networkInterfaces } from 'node:os';
import { SupervmError } from '../../src/model/errors.ts';
import type { HostId, NodeId } from '../../src/model/job.ts';
import type { Timer } from '../clock.ts';
import type { Startable } from '../startable.ts';
import type { MachineRole, Messenger, Protocol, Service } from '../wire/messenger.ts';
import { formatAddress, isAddress, reachableHosts } from './addresses.ts';
import { type ClusterKey, goodPrologues } from './cluster-key.ts';
import { Dialer } from './dialer.ts';
import { Exchange } from './exchange.ts';
import { Explorer } from './explorer.ts';
import { asking, crossing, type Hello, type Refusal, wireVersion } from './hello.ts';
import { Libp2pCarrier } from './libp2p-carrier.ts';
import type { Libp2pNetworkNeeds, Libp2pNetworkOptions } from './libp2p-needs.ts';
import { Exclusions } from './limits/exclusions.ts';
import { usualSilenceMs } from './link-silence.ts';
import { keyFilePapers } from './papers/key-file-papers.ts';
import type { Papers } from './papers/papers.ts';
import { PapersDesk } from './papers-desk.ts';
import type { PeerLink } from './peer-link.ts';
import { type PeerEvent, PeerTable } from './peer-table.ts';
import { Rivals } from './rivals.ts';
import { UnknownWords } from './unknown-words.ts';
import { mayWorkerSay } from './worker-powers.ts';

/** How often silent peers and late hellos are looked for. */
const checkMs = 4000;
/** A peer that does not answer within this is not waited for at the end. */
const lastWordsMs = 500;
/** A peer that is back after a cut answers on its connection within this, or gets a new one; */
const backMs = 1000;
/** a connection younger than any silence is no part of it. */
const youngMs = 3000;

export class Libp2pNetwork implements Messenger, Startable {
  readonly self: NodeId;
  readonly #options: Libp2pNetworkOptions;
  readonly #needs: Libp2pNetworkNeeds;
  readonly #exchange: Exchange;
  readonly #table: PeerTable;
  readonly #dialer: Dialer;
  readonly #carrier: Libp2pCarrier;
  readonly #listeners: ((event: PeerEvent) => void)[] = [];
  readonly #explorer: Explorer;
  readonly #rivals: Rivals;
  readonly #papers: Papers;
  readonly #desk: PapersDesk;
  readonly #unknown: UnknownWords;
  readonly #exclusions: Exclusions;
  #state: 'new' | 'running' | 'over' = 'new';
  /** Tells this process from another one with the same key, whatever their clocks and counters say. */
  readonly #life: string;
  #port = 0;
  #checks: Timer | undefined;
  #checkedAt = 0;
  readonly roleOf = (peer: NodeId): MachineRole | undefined => this.#desk.roleOf(this.#table.admitted(peer));

  constructor(options: Libp2pNetworkOptions, needs: Libp2pNetworkNeeds) {
    const { clock, randomness } = needs;
    const { nodeKey, clusterKey, listen = {} } = options;
    this.self = nodeKey.id;
    this.#life = randomness.hex(16);
    this.#options = options;
    this.#needs = needs;
    this.#exclusions = new Exclusions(needs);
    this.#papers = options.papers ?? keyFilePapers({ self: nodeKey.id, clusterKey }, needs);
    this.#desk = new PapersDesk(this.#papers);
    this.#papers.onRemoved(({ node }) => this.#desk.expel(node, this.#table.links()));
    this.#unknown = new UnknownWords((peer, protocol, word) => needs.unknown?.(peer, protocol, word));
    this.#exchange = new Exchange({
      clock,
      transmit: (to, protocol, frame) => {
        this.#carrier.handle(protocol);
        return this.#table.admitted(to)?.transmit(protocol, frame) ?? false;
      },
      permits: (peer, ...said) => this.roleOf(peer) === 'member' || mayWorkerSay(...said),
      violated: (peer, reason) => this.#violated(this.#table.admitted(peer), reason),
      unknown: (peer, protocol, word) => this.#unknown.heard(peer, protocol, word),
    });
    this.#carrier = new Libp2pCarrier(
      { nodeKey, prologues: goodPrologues(clusterKey, clock.wall()), life: this.#life, listen },
      {
        clock,
        hello: () => this.#hello(),
        offerBeats: () => needs.beats?.offer(),
        silenceMs: () => usualSilenceMs(this.#table.connected().length),
        objection: (link) => this.#desk.objection(link) ?? this.#rivals.objection(link) ?? (this.#table.isCrossing(link) ? { reason: crossing } : undefined),
        refused: (link, refusal) => this.#refused(link, refusal),
        papers: (link, shown) => this.#desk.received(link, shown),
        isBanned: (peer) => this.#exclusions.isExcluded(peer),
        meters: this.#exchange.meters,
        opened: (link) => this.#table.add(link),
        admitted: (link) => this.#admitted(link),
        closed: (link) => this.#closed(link),
        frame: (link, protocol, frame) => this.#exchange.receive(link.peer, protocol, frame),
        violated: (link, reason) => this.#violated(link, reason),
      },
    );
    this.#rivals = new Rivals({ clock, admitted: (peer) => this.#table.admitted(peer) });
    this.#dialer = new Dialer(
      { self: this.self },
      {
        clock,
        randomness,
        dial: async (node, addresses) => void (this.#papers.isRemoved(node) || (await this.#carrier.dial(addresses, node))),
        isConnected: (node) => this.#table.admitted(node) !== undefined,
        learned: (node, addresses) => needs.learned?.(node, addresses),
      },
    );
    this.#explorer = new Explorer(
      { self: this.self },
      {
        dial: (address) => this.#carrier.dial([address]),
        isOwnLife: (address) => this.#carrier.isOwnLife(address),
        copyAt: (address) => needs.identityInUse?.({ host: '', address }),
        own: () => this.addresses(),
        connected: () => this.#table.connected(),
        addressesOf: (peer) => this.#dialer.addresses(peer),
      },
    );
    this.#table = new PeerTable(
      { self: this.self },
      {
        clock,
        redial: (peer) => this.#dialer.redial(peer),
        isBanned: (peer) => this.#exclusions.isExcluded(peer) || this.#rivals.isContested(peer) || this.#papers.isRemoved(peer),
        failPending: (peer) => this.#exchange.closed(peer),
        emit: (event) => this.#emit(event),
      },
    );
    for (const known of options.book ?? []) this.learn(known.node, known.addresses);
  }

  /** Throws `usage` when this node cannot listen as told. */
  async start(): Promise<void> {
    this.#state = 'running';
    this.#port = await this.#carrier.start(this.#exchange.protocols());
    this.#checkedAt = this.#needs.clock.now();
    this.#checks = this.#needs.clock.every(checkMs, () => this.#check());
    this.#dialer.start();
  }

  async stop(): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = 'over';
    this.#checks?.cancel();
    this.#dialer.stop();
    this.#table.stop();
    // On a busy machine last words would go down with the connection.
    await Promise.all([...this.#table.links()].filter(({ state }) => state === 'admitted').map((link) => link.lastWords(lastWordsMs)));
    for (const link of this.#table.links()) link.bye();
    await this.#carrier.stop();
    for (const link of [...this.#table.links()]) link.drop();
  }

  connected(): readonly NodeId[] {
    return this.#table.connected();
  }

  send<M, Q, R>(to: NodeId, protocol: Protocol<M, Q, R>, message: M): void {
    this.#exchange.send(to, protocol, message);
  }

  request<M, Q, R>(to: NodeId, protocol: Protocol<M, Q, R>, request: Q, timeoutMs: number): Promise<R> {
    return this.#exchange.request(to, protocol, request, timeoutMs);
  }

  serve<M, Q, R>(protocol: Protocol<M, Q, R>, service: Service<M, Q, R>): void {
    if (this.#state !== 'new') throw new SupervmError('internal', `${protocol.id} is served after the network started`);
    this.#exchange.serve(protocol, service);
  }

  onPeer(listener: (event: PeerEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** The cluster's secret has been replaced, or an old one has ended: for handshakes from now on. */
  takePrologues(prologues: ClusterKey['prologues']): void {
    this.#carrier.takePrologues(prologues);
  }

  /** The port this node listens on, once started: keep it, so that peers find this node again. */
  port(): number {
    return this.#port;
  }

  /** What stands now, how often peers said what only another version knows, and what was dropped because it was too much, for metrics. */
  counts(): ReturnType<Libp2pCarrier['counts']> & { readonly unknownMessages: number; readonly droppedMessages: number } {
    return { ...this.#carrier.counts(), unknownMessages: this.#unknown.count, droppedMessages: this.#exchange.meters.dropped };
  }

  /** Where peers may reach this node now, `host:port`. */
  addresses(): readonly string[] {
    const { host = '0.0.0.0' } = this.#options.listen ?? {};
    const hosts = host === '0.0.0.0' || host === '::' ? reachableHosts(networkInterfaces()) : [host];
    return hosts.map((own) => formatAddress({ host: own, port: this.#port }));
  }

  /** What others say about where a node is. */
  learn(node: NodeId, addresses: readonly string[]): void {
    this.#dialer.learn(node, addresses.filter(isAddress), false);
  }

  /** Somebody was seen at this address just now, or ought to be there. Resolves when an attempt to connect, if one was worth it, has ended. */
  async found(address: string, node?: NodeId): Promise<void> {
    if (node === undefined || node === this.self) await this.#explorer.explore(address, node);
    else this.#dialer.learn(node, [address], true);
  }

  /**
   * A peer is heard again after a silence. Where words were under way on its connection TCP repeats them only after about as long as the cut
   * has lasted; a new connection works at once.
   */
  async isBack(peer: NodeId): Promise<void> {
    const link = this.#table.admitted(peer);
    if (link === undefined || this.#needs.clock.now() - link.since < (this.#options.youngMs ?? youngMs)) return;
    if ((await link.challenge(backMs)) || this.#state !== 'running') return;
    link.cut('it is back, and its connection does not work yet');
  }

  /** What the peer said of itself in its hello; undefined when it is not connected. */
  greeting(peer: NodeId): { readonly host: HostId; readonly incarnation: number } | undefined {
    return this.#table.admitted(peer)?.hello;
  }

  /** The other end of its connection as an IP address; undefined when it is not connected. */
  hostOf(peer: NodeId): string | undefined {
    return /\/ip[46]\/([^/]+)\//.exec(this.#table.admitted(peer)?.remoteAddress ?? '')?.[1];
  }

  #hello(): Hello {
    const { clusterKey, host, incarnation } = this.#options;
    const addresses = this.addresses().slice(0, 32);
    const papers = this.#desk.own();
    return { kind: 'hello', wire: wireVersion, node: this.self, cluster: clusterKey.clusterId, host, incarnation, life: this.#life, addresses, ...papers };
  }

  #refused({ peer }: PeerLink, refusal: Refusal): void {
    const { rival, reason, papers } = refusal;
    if (rival !== undefined) this.#needs.identityInUse?.(rival);
    else if (papers === undefined && reason !== crossing && reason !== asking) this.#needs.refusedBy?.(peer, reason);
    this.#desk.refused(refusal);
  }

  #admitted(link: PeerLink): void {
    const dialled = link.dialled ? /\/ip[46]\/([^/]+)\/tcp\/(\d+)/.exec(link.remoteAddress) : null;
    const reached = dialled === null ? undefined : formatAddress({ host: dialled[1] ?? '', port: Number(dialled[2]) });
    // First, so that learning does not plan to dial whom we have just reached.
    this.#table.admit(link);
    const [address, theirs] = [this.hostOf(link.peer), link.hello?.beats];
    if (address !== undefined && theirs !== undefined && link.beats !== undefined) this.#needs.beats?.open(link.peer, address, theirs, link.beats);
    const told = (link.hello?.addresses ?? []).filter(isAddress);
    this.#dialer.learn(link.peer, reached === undefined ? told : [reached, ...told], false);
    this.#dialer.connected(link.peer, reached);
  }

  #closed(link: PeerLink): void {
    if (link.fault !== undefined && this.#state === 'running') this.#needs.problem?.(link.peer, link.fault);
    if (link.beats !== undefined) this.#needs.beats?.close(link.peer, link.beats);
    this.#table.closed(link);
  }

  #emit(event: PeerEvent): void {
    if (event.type === 'disconnected') this.#dialer.later(event.peer);
    for (const listener of this.#listeners) listener(event);
  }

  #violated(link: PeerLink | undefined, reason: Error): void {
    if (link === undefined) return;
    const fault = `it broke the protocol: ${reason.message}`;
    const pauseMs = this.#exclusions.exclude(link.peer);
    this.#needs.excluded?.(link.peer, fault, pauseMs);
    link.cut(fault);
  }

  #check(): void {
    const now = this.#needs.clock.now();
    // Having slept or been busy for so long, this node knows nothing about the silence of others.
    const late = now - this.#checkedAt > 2 * checkMs;
    this.#checkedAt = now;
    for (const link of [...this.#table.links()]) link.check(late);
    for (const link of [...this.#table.links()]) this.#desk.check(link);
  }
}
