/** What the groups of routes share. */
import type { MetricsView } from '../../src/api/requests.ts';
import type { AuditLine } from '../../src/model/cluster-facts.ts';
import { EventFeed } from './event-feed.ts';
import type { AttemptLogReader } from './full-logs.ts';
import { JobBook } from './job-book.ts';
import type {
  Clock,
  ClusterRecords,
  Coordination,
  CopiesKnown,
  Journal,
  JournalQuestions,
  Membership,
  Messenger,
  OutcomesKnown,
  SecretDesk,
  TokenDesk,
  VotedLeadership,
} from './needs.ts';
import { Overviews } from './overviews.ts';
import type { PeerChecks } from './peer-checks.ts';
import type { Deliveries, EndingControl, Machines, Submitter } from './services.ts';
import type { TcpParts } from './tcp-parts.ts';

export interface DaemonApiOptions {
  /** Version of supervm. */
  readonly version: string;
  /** What the cluster is called: a digest of its id. */
  readonly cluster: string;
}

export interface DaemonApiNeeds {
  readonly clock: Clock;
  readonly membership: Membership;
  readonly leadership: VotedLeadership;
  readonly journal: Journal & JournalQuestions & Pick<ClusterRecords, 'cluster'>;
  readonly coordination: Coordination;
  readonly outcomes: OutcomesKnown;
  readonly copies: CopiesKnown;
  readonly messenger: Messenger;
  readonly submitter: Submitter;
  readonly deliveries: Deliveries;
  readonly tokens: Pick<TokenDesk, 'create' | 'list' | 'revoke'>;
  readonly secrets: Pick<SecretDesk, 'set' | 'list' | 'remove'>;
  /** Writes down who did what; returns before it is on disk. */
  audit(line: AuditLine): void;
  readonly machines: Machines;
  readonly peerChecks: PeerChecks;
  /** What people should know of the network now, besides who is there. */
  networkProblems?(): readonly { readonly code: string; readonly message: string; readonly hint: string }[];
  /** Without it `logs` shows what the facts say. */
  readonly attemptLogs: AttemptLogReader;
  readonly ending: EndingControl;
  /** HTTP over TCP; undefined where it is switched off. */
  readonly tcp: (Pick<TcpParts, 'sessions' | 'admission' | 'folders'> & { readonly listener: Pick<TcpParts['listener'], 'url'> }) | undefined;
  /** The process itself, for its metrics: seconds since start, what it holds, its id. */
  process(): Omit<MetricsView, 'nodes' | 'jobs' | 'tasks' | 'taskSeconds'> & { readonly pid: number };
}

export interface ApiParts {
  readonly options: DaemonApiOptions;
  readonly needs: DaemonApiNeeds;
  readonly overviews: Overviews;
  readonly book: JobBook;
  readonly feed: EventFeed;
}

export function apiParts(options: DaemonApiOptions, needs: DaemonApiNeeds): ApiParts {
  const overviews = new Overviews(needs);
  const book = new JobBook({ ...needs, overviews });
  return { options, needs, overviews, book, feed: new EventFeed({ ...needs, nameOf: (node) => book.nameOf(node) }) };
}
