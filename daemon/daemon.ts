/** The composition root: the only file that knows every class. Builds, starts in order, stops in reverse. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EndOfTasks } from '../src/api/requests.ts';
import { exclusiveLabel, isolationLabel } from '../src/model/isolation.ts';
import type { DaemonSettings } from '../src/settings/daemon-settings.ts';
import { accountName } from '../src/settings/environment.ts';
import { restartWords } from '../src/settings/flag-words.ts';
import type { Paths } from '../src/settings/paths.ts';
import { packageFolder } from '../src/settings/program-files.ts';
import { asWorker } from './as-worker.ts';
import { BeginGuard } from './begin-guard.ts';
import { BlobFolder } from './blobs/blob-folder.ts';
import { RecentUse } from './blobs/recent-use.ts';
import type { BlobSeal } from './blobs/sealed-chunks.ts';
import { encodeTree } from './blobs/tree.ts';
import { treesOf } from './blobs/trees.ts';
import type { Clock, Randomness } from './clock.ts';
import { endFounding, foundingOf, keepAdminKey } from './cluster-home.ts';
import { type ControlPlane, createControlPlane } from './control-plane.ts';
import { Ending } from './ending.ts';
import { createDaemonApi } from './http/daemon-api.ts';
import { createPeerChecks } from './http/peer-checks.ts';
import { HttpServer } from './http/server.ts';
import { openTcp } from './http/tcp-parts.ts';
import { inOrder } from './in-order.ts';
import { type InventoryParts, openInventory } from './inventory-parts.ts';
import type { KeyFiles } from './keys/key-files.ts';
import type { Log } from './log/log.ts';
import { createMachines } from './machines.ts';
import { probeAddress } from './network/dial-probe.ts';
import { isWellNamed } from './network/papers/signed-facts.ts';
import { openNetwork } from './network-parts.ts';
import { openRecords, tellHealth } from './records-parts.ts';
import { removedLogs } from './removed-logs.ts';
import { resealedSecrets } from './resealed-secrets.ts';
import { SecretDesk } from './secrets/secret-desk.ts';
import { sessionFiles } from './session-files.ts';
import type { Startable } from './startable.ts';
import { submitRecord } from './submission/submit-record.ts';
import { inputsUnpacker } from './submitter/archive/unpack-inputs.ts';
import { assertRoom } from './submitter/assert-room.ts';
import { deliverJob } from './submitter/deliver-job.ts';
import { DeliveredList } from './submitter/delivered-list.ts';
import { Delivery } from './submitter/delivery.ts';
import { jobTypeLoader } from './submitter/job-types.ts';
import { JobSubmitter } from './submitter/submit-job.ts';
import { systemClock, systemRandomness } from './system-clock.ts';
import { TokenDesk } from './tokens/token-desk.ts';
import { AttemptLogs } from './worker/attempt-logs.ts';
import { SessionRunner } from './worker/session-runner.ts';

export interface DaemonStart {
  readonly paths: Paths;
  readonly keys: KeyFiles;
  readonly blobSeal: BlobSeal | undefined;
  readonly settings: DaemonSettings;
  readonly log: Log;
  /** A caller of the API asked for the end. */
  shutdown(tasks: EndOfTasks): void;
}

export interface Daemon extends Startable {
  /** Before `stop`: what becomes of the tasks that run. */
  settleTasks(tasks: EndOfTasks): Promise<void>;
}

const version = (JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string }).version;

/** Everything of one daemon, not started. Rejects when the home folder's keys cannot be used. */
export async function createDaemon(start: DaemonStart): Promise<Daemon> {
  const { paths, settings, log } = start;
  const world = { clock: systemClock(), randomness: systemRandomness(), log };
  const inventory = await openInventory({ paths, settings }, world);
  try {
    return await assemble(start, world, inventory);
  } catch (error) {
    await inventory.stop();
    throw error;
  }
}

async function assemble(
  { paths, keys, blobSeal, settings, log, shutdown }: DaemonStart,
  { clock, randomness }: { readonly clock: Clock; readonly randomness: Randomness },
  inventory: InventoryParts,
): Promise<Daemon> {
  const network = await openNetwork({ paths, keys, settings, host: inventory.host }, { clock, randomness, log });
  const recentUse = new RecentUse({ clock });
  const blobFolder = new BlobFolder({ folder: paths.blobs, seal: blobSeal, onUse: (digest) => recentUse.use(digest) });
  const store = openRecords({ paths, settings }, { clock, randomness, log });
  const incarnation = network.incarnation;
  const isWorker = network.papers.role === 'worker';
  const role = isWorker ? ({ role: 'worker' } as const) : {};
  const facts = { id: network.messenger.self, name: settings.name, host: inventory.host, version, incarnation, addresses: [], ...role };
  // Nobody would take its results.
  const paused = network.papers.isRemoved(facts.id);
  let logs: AttemptLogs | undefined;
  let runner: SessionRunner | undefined;
  const secrets = new SecretDesk({ self: facts.id }, { clock, randomness, journal: () => plane.journal, shared: network.shared });
  const whole = createControlPlane(
    {
      node: { ...facts, paused, inventory: inventory.now() },
      founding: foundingOf(paths.clusterKey),
      cluster: network.cluster,
      onHealth: (problems) => tellHealth(problems, { inventory, log }),
      onSleep: (absentMs) => log.warn('this node was away: it listens before it acts', { seconds: Math.round(absentMs / 1000) }),
      onTrouble: (trouble) => {
        log.of('records').warn('trouble', { trouble });
        // A full disk, most likely: the others must know, should this node coordinate.
        if (trouble.type === 'store-failed') inventory.look();
      },
    },
    {
      network: network.messenger,
      verifies: (fact) => isWellNamed(fact) && network.papers.vouchesFor(fact),
      isExpelled: (node) => network.papers.isRemoved(node),
      beats: network.beats,
      clock,
      store,
      blobDisk: blobFolder,
      recentUse,
      makeTaskRunner: ({ blobs, messenger, membership, leadership }) => {
        logs = new AttemptLogs({ folder: join(paths.logs, 'attempts') }, { messenger });
        const trees = treesOf({ blobs, files: blobFolder });
        const guard = new BeginGuard({ startedAt: clock.now() }, { clock, messenger, membership, leadership });
        const mayBegin = guard.wait.bind(guard);
        runner = new SessionRunner(
          { folder: paths.work, socket: paths.tasksSocket, files: sessionFiles(paths.jobTypes) },
          { clock, blobFiles: blobFolder, trees, logs, secrets: (names) => secrets.open(names), inventory: inventory.now, gpus: inventory.gpus, mayBegin },
        );
        return runner;
      },
    },
  );
  if (logs === undefined || runner === undefined) throw new Error('the control plane made no task runner');
  const plane = isWorker ? asWorker(whole) : whole;
  const submitting = submittingParts({ paths }, { plane, secrets, blobFolder, recentUse, clock, randomness, inventory });
  const tokens = new TokenDesk({ clock, randomness, journal: plane.journal });
  const tcp = settings.http === undefined ? undefined : openTcp(settings.http, { clock, randomness, tokens });
  const machines = createMachines({
    ...{ clock, network, plane },
    keepAdminKey: (key) => keepAdminKey({ ...paths, keys }, key),
    problem: (error) => log.of('network').warn('what an admin said cannot be written down', { error }),
  });
  const api = createDaemonApi(
    { version, cluster: network.cluster },
    {
      ...plane,
      clock,
      submitter: submitting.submitter,
      deliveries: submitting.deliveries,
      machines,
      peerChecks: createPeerChecks({
        ...plane,
        clock,
        hostOf: (peer) => network.messenger.hostOf(peer),
        dial: probeAddress,
        heartbeatsReach: (peer) => network.beats.reaches(peer),
      }),
      networkProblems: () => network.problems(),
      attemptLogs: logs,
      tokens,
      secrets,
      tcp,
      ending: endingOf({ settings, shutdown }, { ...plane, clock, label: inventory.label }),
      process: () => {
        const { rss: residentBytes, heapUsed: heapBytes } = process.memoryUsage();
        return { uptimeSeconds: process.uptime(), residentBytes, heapBytes, ...network.counts(), pid: process.pid };
      },
    },
  );
  const http = new HttpServer(
    { socketPath: paths.socket, addressFile: paths.httpAddress },
    { api, clock, tcp: tcp?.listener, audit: plane.audit, logDefect: (error, route) => log.error('a route failed', { error, route }) },
  );
  network.follow(plane.membership);
  network.papers.onRemoved(({ node }) => node === facts.id && plane.membership.update({ paused: true }));
  const forgetting = removedLogs({ journal: plane.journal, logs }, (error) => log.warn('logs of a removed job cannot be deleted', { error }));
  const resealing = resealedSecrets({
    ...{ clock, secrets },
    coordinates: () => plane.leadership.isMine(),
    done: (names) => log.info('secrets are sealed under the new secret of the cluster', { names }),
    problem: (error) => log.warn('secrets cannot be sealed anew', { error }),
  });
  plane.leadership.onChange(() => plane.leadership.voters() !== undefined && endFounding(paths.clusterKey));
  const parts: readonly Startable[] = [
    blobFolder,
    logs,
    network,
    plane,
    machines,
    forgetting,
    ...(isWorker ? [] : [resealing]),
    network.discovery(plane.membership),
    submitting.delivery,
    tellInventory(inventory, plane, runner, log),
    http,
  ];
  const tasks = runner;
  return {
    ...inOrder(parts, log),
    async settleTasks(how) {
      if (how === 'leave') return plane.willReturn();
      await plane.worker.giveBack();
      await tasks.end();
    },
  };
}

function endingOf(
  { settings, shutdown }: Pick<DaemonStart, 'settings' | 'shutdown'>,
  needs: Pick<ControlPlane, 'membership' | 'worker'> & Pick<InventoryParts, 'label'> & { readonly clock: Clock },
): Parameters<typeof createDaemonApi>[1]['ending'] {
  const ending = new Ending({ ...needs, stop: shutdown });
  return {
    words: restartWords(settings),
    stop: ending.stop.bind(ending),
    drain: ending.drain.bind(ending),
    undrain: ending.undrain.bind(ending),
    pause: ending.pause.bind(ending),
  };
}

function submittingParts(
  { paths }: { readonly paths: Paths },
  {
    plane,
    secrets,
    blobFolder,
    recentUse,
    clock,
    randomness,
    inventory,
  }: {
    readonly plane: ControlPlane;
    readonly secrets: SecretDesk;
    readonly blobFolder: BlobFolder;
    readonly recentUse: RecentUse;
    readonly clock: Clock;
    readonly randomness: Randomness;
    readonly inventory: InventoryParts;
  },
): { readonly submitter: JobSubmitter; readonly delivery: Delivery; readonly deliveries: Parameters<typeof createDaemonApi>[1]['deliveries'] } {
  const { blobs, journal, membership } = plane;
  const submitter = new JobSubmitter(
    { owner: accountName() ?? String(process.getuid?.() ?? 0) },
    {
      blobs,
      blobFiles: blobFolder,
      recentUse,
      encodeTree,
      clock,
      randomness,
      membership,
      journal,
      records: { submit: (options) => submitRecord(options, plane.submission) },
      loadJobType: jobTypeLoader({ folder: paths.jobTypes }),
      programsKnown: inventory.programsKnown,
      assertSecrets: (names) => secrets.assertKnown(names),
      assertRoom: (bytes) => assertRoom(paths.home, bytes),
      unpackInputs: inputsUnpacker({ folder: join(paths.home, 'unpacked') }),
    },
  );
  const delivered = new DeliveredList({ folder: paths.deliveries });
  const delivery = new Delivery({ self: membership.self }, { clock, journal, blobs, blobFiles: blobFolder, delivered });
  const deliveries = {
    state: delivery.state.bind(delivery),
    onDelivered: delivery.onDelivered.bind(delivery),
    onProblem: delivery.onProblem.bind(delivery),
    deliver: deliverJob.bind(undefined, { blobs, blobFiles: blobFolder }),
  };
  return { submitter, delivery, deliveries };
}

/** How tasks are kept apart is known once the runner has tried it; people see it in `status`. */
function tellInventory(inventory: InventoryParts, { membership }: ControlPlane, runner: SessionRunner, log: Log): Startable {
  return {
    async start() {
      const { level, reason } = runner.sandboxLevel;
      const why = reason === undefined ? {} : { reason };
      log.of('sandbox').info('tasks are kept apart', { level, ...why });
      const cores = runner.enforces.includes('cpuset') ? { [exclusiveLabel]: 'yes' } : {};
      inventory.follow(membership, { [isolationLabel]: level, ...cores, ...(reason === undefined ? {} : { 'sandbox-reason': reason.slice(0, 200) }) });
    },
    stop: () => inventory.stop(),
  };
}
