/** What `daemon/main.ts` exports: the command line loads it by name and only when it starts or joins, so that nothing else pays for libp2p. */
import type { DaemonSettings } from './daemon-settings.ts';
import type { Paths } from './paths.ts';

export interface DaemonProgram {
  /** Runs a daemon until the signal or a shutdown request; resolves when everything is stopped. `ready` is called once the socket answers. */
  runDaemon(start: {
    readonly paths: Paths;
    readonly settings: DaemonSettings;
    readonly passphrase: string | undefined;
    readonly signal: AbortSignal;
    ready(): void;
  }): Promise<void>;
  /**
   * Takes an invitation while no daemon runs here: asks the inviting node for the cluster's secret and a certificate, and writes both into the home
   * folder. Rejects `cluster-exists` when the folder holds jobs or knows other nodes already; `invite-refused`, `peer-unreachable`.
   */
  joinCluster(start: JoinStart & { readonly line: string }): Promise<Joined>;
  /** Two seconds, less where there is a door: what other clusters speak on this machine's networks, and where one looks for newcomers. */
  lookAround(): Promise<{ readonly doors: readonly string[]; readonly clusters: readonly string[] }>;
  /** As `joinCluster`, at a door that `lookAround` saw: nothing but the words says who is there, so a person here has to find them the same too. */
  joinNearby(start: Omit<JoinStart, 'waiting'> & { readonly address: string; confirm(words: string): Promise<boolean> }): Promise<Joined>;
  /** Makes a cluster of this machine alone, while no daemon runs here. The code gives an admin key back; it is kept nowhere. */
  foundCluster(start: { readonly paths: Paths; readonly passphrase: string | undefined }): Promise<{ readonly recoveryCode: string }>;
}

export interface JoinStart {
  readonly paths: Paths;
  /** Of an encrypted home. */
  readonly passphrase: string | undefined;
  readonly settings: DaemonSettings;
  readonly signal?: AbortSignal;
  /** A person at the inviting machine has to agree: the words are to be compared. */
  waiting?(words: string): void;
}

export interface Joined {
  readonly cluster: string;
  readonly role: 'member' | 'worker';
}
