/** What one check found, and what is to be done about it. */

/** In the order in which people read them. */
export const groups = ['runtime', 'folders', 'daemon', 'network', 'clock', 'disk', 'programs', 'gpu', 'sandbox', 'power', 'limits'] as const;
export type Group = (typeof groups)[number];

/** Only `failing` makes `supervm doctor` end with 1. */
export type State = 'ok' | 'warning' | 'failing' | 'not-applicable';

/** What `--fix` can do itself. All but `install` concern supervm's own files and need no consent. */
export type Repair =
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'set-mode'; readonly path: string; readonly mode: number }
  | { readonly kind: 'install'; readonly command: readonly [string, ...string[]] };

export interface Finding {
  readonly group: Group;
  /** Stays the same from version to version, for scripts. */
  readonly name: string;
  readonly state: State;
  /** One line. */
  readonly found: string;
  /** Why that matters, or what lies behind it. Empty where there is nothing to do. */
  readonly cause: string;
  /** What to do, in words; may be empty. */
  readonly advice: string;
  /** What to type, each line whole. */
  readonly commands: readonly string[];
  readonly repairs: readonly Repair[];
}

export interface Remedy {
  readonly cause: string;
  readonly advice?: string;
  readonly commands?: readonly string[];
  readonly repairs?: readonly Repair[];
}

export interface Namer {
  ok(found: string): Finding;
  none(found: string, commands?: readonly string[]): Finding;
  warning(found: string, remedy: Remedy): Finding;
  failing(found: string, remedy: Remedy): Finding;
}

/** Makes the findings of one check. */
export function check(group: Group, name: string): Namer {
  const made = (state: State, found: string, { cause, advice = '', commands = [], repairs = [] }: Remedy): Finding => ({
    group,
    name,
    state,
    found,
    cause,
    advice,
    commands,
    repairs,
  });
  return {
    ok: (found) => made('ok', found, { cause: '' }),
    none: (found, commands = []) => made('not-applicable', found, { cause: '', commands }),
    warning: (found, remedy) => made('warning', found, remedy),
    failing: (found, remedy) => made('failing', found, remedy),
  };
}
