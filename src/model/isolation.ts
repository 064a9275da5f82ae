/** How well a node keeps tasks apart from itself and from each other. Each level has all that those before it have. */

/**
 * `none`: tasks can do what the daemon's user can; `user`: they are another user without rights; `limited`: they also see nothing of the
 * machine but what they need (own files, processes, network), and fewer system calls; `full`: the kernel also holds them to their limits.
 */
export const isolationLevels = ['none', 'user', 'limited', 'full'] as const;
export type IsolationLevel = (typeof isolationLevels)[number];

/** A node tells its level as this label, once it has tried. */
export const isolationLabel = 'sandbox';

/** A node with this label can keep cores for one task alone: the kernel holds all others off them. */
export const exclusiveLabel = 'exclusive-cores';

/** Undefined: not told yet, or a level that this version does not know. */
export function isolationOf({ labels }: { readonly labels: { readonly [name: string]: string } }): IsolationLevel | undefined {
  return isolationLevels.find((level) => level === labels[isolationLabel]);
}

/** An unknown level satisfies no wish. */
export function isAsIsolated(level: IsolationLevel | undefined, wanted: IsolationLevel): boolean {
  return level !== undefined && isolationLevels.indexOf(level) >= isolationLevels.indexOf(wanted);
}
