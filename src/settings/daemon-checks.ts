/**
 * What `supervm doctor` asks of the daemon's code without a daemon: `daemon/checks.ts` exports MachineChecks, and `daemon/disk-check.ts` is
 * a program of its own that sends DiskWords, so that a disk that hangs holds up nobody but it.
 */

/** One interface on which machines look for each other. */
export interface InterfaceHearing {
  readonly name: string;
  readonly address: string;
  /** What was sent there by multicast came back from the kernel, as it does where no filter drops it. */
  readonly heardItself: boolean;
  /** Why no socket could be opened there. */
  readonly problem?: string;
}

/** A node that told of itself meanwhile. */
export interface Sighting {
  /** First 16 digits of what strangers may know of its cluster. */
  readonly cluster: string;
  readonly node: string;
  /** `ip:port` */
  readonly address: string;
}

export interface MulticastHearing {
  readonly interfaces: readonly InterfaceHearing[];
  /** This machine's own daemon is among them. */
  readonly sightings: readonly Sighting[];
}

/** How well tasks can be kept apart here (src/model/isolation.ts), by trying it or as a daemon that runs found it. */
export interface SandboxTrial {
  readonly level: string;
  readonly reason?: string;
}

/** What the files of a home say of its membership. */
export type HomeMembership =
  | {
      /** As in `Sighting.cluster`. */
      readonly cluster: string;
      /** Until when its certificate holds, Unix milliseconds; absent where it makes its own. */
      readonly endsAt?: number;
      /** It can let others in, and renews its certificate itself. */
      readonly admin: boolean;
    }
  /** Nobody has given the passphrase. */
  | { readonly encrypted: true }
  | { readonly problem: string; readonly hint: string };

export interface MachineChecks {
  /** Sends and listens on every interface for that long. */
  hearMulticast(listenMs: number): Promise<MulticastHearing>;
  /** `folder` must exist; nothing is left in it. */
  trySandbox(folder: string): Promise<SandboxTrial>;
  /** Undefined where this home belongs to no cluster yet. */
  membershipOf(paths: { readonly clusterKey: string; readonly adminKey: string; readonly membership: string }): HomeMembership | undefined;
  /** The port that this home's daemon took last, or takes first. */
  peerPort(home: string): number;
}

export interface FolderLook {
  readonly path: string;
  /** Undefined where nothing is. */
  readonly found: { readonly kind: 'folder' | 'file' | 'link' | 'other'; readonly userId: number; readonly mode: number } | undefined;
}

export interface DiskLook {
  /** Of the home folder, or of the nearest one above it that exists; links followed. */
  readonly place: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Files that can still be made; 0 of 0 where the file system does not count them. */
  readonly freeFiles: number;
  readonly totalFiles: number;
}

export interface WriteLook {
  /** Milliseconds that a small write and its fsync took. */
  readonly tookMs?: number;
  /** e.g. EROFS, ENOSPC, EACCES. */
  readonly error?: string;
}

/** Where to look; all absolute. */
export interface HomePlaces {
  readonly home: string;
  /** The user's settings. */
  readonly config: string;
  readonly lock: string;
  readonly pid: string;
  readonly records: string;
  readonly log: string;
  /** Folders and files that nobody else may read; keys are found besides. */
  readonly own: readonly string[];
  /** What a daemon removes when it ends. */
  readonly passing: readonly string[];
}

export interface HomeLook {
  readonly exists: boolean;
  /** Of the lock file, by which its holder is found. */
  readonly lockInode: number | undefined;
  /** That the last daemon wrote. */
  readonly pid: number | undefined;
  readonly records: boolean;
  /** Those of `passing` that are there, and what an earlier look left. */
  readonly left: readonly string[];
}

/** In this order; a disk that hangs sends none of the later ones. */
export type DiskWord =
  | { readonly type: 'home'; readonly look: HomeLook }
  | { readonly type: 'folders'; readonly folders: readonly FolderLook[] }
  | { readonly type: 'disk'; readonly disk: DiskLook }
  /** The end of the daemon's log; undefined where there is none. */
  | { readonly type: 'log'; readonly tail: string | undefined }
  | { readonly type: 'write'; readonly write: WriteLook }
  /** `complete`: false where counting was ended for want of time. */
  | { readonly type: 'blobs'; readonly files: number; readonly bytes: number; readonly complete: boolean }
  /** Empty: the database is whole. */
  | { readonly type: 'records'; readonly faults: readonly string[] };
