/** The HTTP API over fixed membership, a journal in memory and parts that answer what the test says. */
import type { JobOverview, WaitingReason } from '../../../daemon/coordinator/coordination.ts';
import type { ApiService, Call } from '../../../daemon/http/api-service.ts';
import { owner } from '../../../daemon/http/caller.ts';
import { createDaemonApi } from '../../../daemon/http/daemon-api.ts';
import type { DeliveryState, PathFence } from '../../../daemon/http/services.ts';
import type { RecordsProblem } from '../../../daemon/records/journal.ts';
import { SecretDesk } from '../../../daemon/secrets/secret-desk.ts';
import { TokenDesk } from '../../../daemon/tokens/token-desk.ts';
import type { JobCopies } from '../../../daemon/upkeep/protocol.ts';
import type { Messenger } from '../../../daemon/wire/messenger.ts';
import type { RouteName, RouteTypes, SubmitRequest } from '../../../src/api/requests.ts';
import type { AuditLine } from '../../../src/model/cluster-facts.ts';
import { SupervmError } from '../../../src/model/errors.ts';
import type { Voters } from '../../../src/model/voters.ts';
import { receiptOf } from '../../support/fake-api.ts';
import { FixedMembership } from '../../support/fixed-membership.ts';
import { firstTerm } from '../../support/jobs.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { seededRandomness } from '../../support/seeded-randomness.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { endedAs, sampleJob } from './samples.ts';

type Once = Exclude<RouteName, 'events' | 'jobEvents'>;

/** A call by the owner, with nothing in it but what is given. */
export function callWith<K extends RouteName>(parts: Partial<Call<K>>): Call<K> {
  const nothing = { params: {}, query: {}, body: undefined, signal: new AbortController().signal, progress: () => undefined };
  return { ...nothing, caller: owner, keepCookie: () => undefined, ...parts } as unknown as Call<K>;
}

/** Nodes a, b and c, of which a is this one; c does not answer. */
/** What the process tells of itself. */
export const processCounts = {
  ...{ uptimeSeconds: 5, residentBytes: 6, heapBytes: 4, connections: 2, streams: 8, repeatedStreams: 0 },
  ...{ unknownMessages: 1, droppedMessages: 3, strangers: 1, refusedConnections: 9 },
};

export class ApiWorld {
  readonly clock = new VirtualClock();
  readonly membership = new FixedMembership('a', ['a', 'b', 'c']);
  readonly journal = Object.assign(new MemoryJournal(), { nextClock: () => 17, problems: () => this.problems });
  overviews: readonly JobOverview[] | 'silent' | 'nobody' = [];
  waiting: readonly WaitingReason[] = [];
  delivery: DeliveryState | undefined;
  problems: readonly RecordsProblem[] = [];
  bytes: ReadonlyMap<string, JobCopies> = new Map();
  settled = false;
  /** What the submitter was asked for. */
  readonly submissions: SubmitRequest[] = [];
  /** What each submission was kept from. */
  readonly fences: (PathFence | undefined)[] = [];
  /** What other nodes were asked for. */
  readonly told: { to: string; request: unknown }[] = [];
  /** Tell a delivered file. */
  readonly deliveredTo: ((event: { job: string; file: string; digest: string }) => void)[] = [];
  /** What other nodes may ask of this one. */
  service: { onRequest?(from: string, request: unknown): Promise<unknown> } = {};
  /** What was to become of the tasks, each time this daemon was stopped. */
  readonly stops: string[] = [];
  /** What was written down. */
  readonly audited: AuditLine[] = [];
  /** Was the loss accepted, each time a voter was forgotten? */
  readonly losses: boolean[] = [];
  voters: Voters = { number: 1, term: firstTerm, voters: ['a', 'gone'].map((node) => ({ node, store: 's' })) };
  readonly secrets = new SecretDesk(
    { self: 'a' },
    { clock: this.clock, randomness: seededRandomness(2), journal: () => this.journal, shared: () => [Buffer.alloc(32, 7)] },
  );
  readonly api: ApiService = createDaemonApi(
    { version: '1.2.3', cluster: 'f00' },
    {
      clock: this.clock,
      membership: this.membership,
      journal: this.journal,
      messenger: this.#messenger(),
      leadership: {
        current: () => firstTerm,
        isMine: () => true,
        onChange: () => undefined,
        quorate: () => true,
        confirm: async () => true,
        voters: () => this.voters,
        standing: () => ({ quorate: true, reachable: 1, voters: this.voters.voters.length }),
        standingNow: async () => ({ quorate: true, reachable: 1, voters: this.voters.voters.length }),
        forget: async (node, acceptLoss = false) => {
          this.losses.push(acceptLoss);
          this.voters = { ...this.voters, voters: this.voters.voters.filter((voter) => voter.node !== node) };
          return this.voters;
        },
      },
      coordination: { overview: () => this.#overview(), why: () => this.#why() },
      copies: { latest: async () => this.bytes },
      outcomes: { isSettled: () => this.settled },
      submitter: {
        submit: async (request, _progress, _signal, fence) => {
          this.submissions.push(request);
          this.fences.push(fence);
          return receiptOf({ id: sampleJob });
        },
      },
      deliveries: {
        state: () => this.delivery,
        onDelivered: (listener) => void this.deliveredTo.push(listener),
        onProblem: () => undefined,
        deliver: async (_, { folder }) => ({ folder, files: 1, bytes: 1, skipped: 0, missing: 0 }),
      },
      machines: {
        invite: async () => ({ id: '0123456789abcdef', line: 'secret', expiresAt: 1 }),
        look: () => undefined,
        answer: () => false,
        rotate: async () => ({ number: 2, until: 1, told: ['n2'] }),
        recover: async () => ({ copies: [] }),
        expel: async (node) => ({ node, copies: [], warnings: [] }),
      },
      peerChecks: { views: async () => [] },
      attemptLogs: { read: async (_, offset) => Buffer.from(offset === 0 ? 'whole\nlog\n' : '') },
      ending: {
        words: ['--name', 'n1'],
        stop: (tasks) => void this.stops.push(tasks),
        drain: () => ({ pid: 7, draining: true, stopping: false, running: 1, longestSeconds: 2, finishing: 0 }),
        undrain: () => ({ pid: 7, draining: false, stopping: false, running: 1, longestSeconds: 2, finishing: 0 }),
        pause: (paused) => this.membership.update({ paused }),
      },
      tokens: new TokenDesk({ clock: this.clock, randomness: seededRandomness(1), journal: this.journal }),
      secrets: this.secrets,
      audit: (line) => void this.audited.push(line),
      tcp: undefined,
      process: () => ({ ...processCounts, pid: 7 }),
    },
  );

  constructor() {
    // The coordinator, who says how it ended.
    this.journal.onFact((fact) => {
      if (fact.type === 'cancelled' && this.overviews !== 'nobody') this.journal.learn(endedAs('cancelled', fact.job, fact.generation));
    });
  }

  call<K extends Once>(name: K, parts: Partial<Call<K>> = {}): Promise<RouteTypes[K]['reply']> {
    const answer = this.api[name] as (call: Call<K>) => Promise<RouteTypes[K]['reply']>;
    return answer(callWith(parts));
  }

  async #overview(): Promise<readonly JobOverview[]> {
    if (this.overviews === 'nobody') throw new SupervmError('no-coordinator', 'none');
    return this.overviews === 'silent' ? new Promise<never>(() => undefined) : this.overviews;
  }

  async #why(): Promise<readonly WaitingReason[]> {
    if (this.overviews === 'nobody') throw new SupervmError('no-coordinator', 'none');
    return this.waiting;
  }

  #messenger(): Messenger {
    return {
      request: async (to: string, _: unknown, request: unknown) => {
        if (to === 'c') throw new SupervmError('peer-unreachable', 'gone');
        this.told.push({ to, request });
        return { type: 'done' };
      },
      serve: (_: unknown, served: ApiWorld['service']) => {
        this.service = served;
      },
    } as unknown as Messenger;
  }
}
