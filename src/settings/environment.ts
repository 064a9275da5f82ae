/** The one place that reads environment variables. Everything else gets what it needs as plain values. */
import { homedir, userInfo } from 'node:os';

export interface Environment {
  /** The user's own folder. */
  readonly userFolder: string;
  /** Moves all of supervm's files when set. */
  readonly home: string | undefined;
  readonly stateHome: string | undefined;
  readonly configHome: string | undefined;
  /** Decimal user id; 0 where the system has none. */
  readonly userId: number;
  /** Settings of the daemon by their variable's name (`SUPERVM_NAME` ...). */
  readonly variables: { readonly [name: string]: string | undefined };
  /** No colours wanted (no-color.org), or a terminal that has none. */
  readonly noColor: boolean;
  /** Print where an unexpected error comes from. */
  readonly showsDefects: boolean;
  /** Login name of the caller, for the owner of a job. */
  readonly userName: string;
}

function filled(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}

export function readEnvironment(): Environment {
  const { HOME, SUPERVM_HOME, XDG_STATE_HOME, XDG_CONFIG_HOME, NO_COLOR, SUPERVM_LOG_LEVEL, TERM, USER, LOGNAME } = process.env;
  const userId = process.getuid?.() ?? 0;
  return {
    userFolder: filled(HOME) ?? homedir(),
    home: filled(SUPERVM_HOME),
    stateHome: filled(XDG_STATE_HOME),
    configHome: filled(XDG_CONFIG_HOME),
    userId,
    variables: process.env,
    noColor: filled(NO_COLOR) !== undefined || TERM === 'dumb',
    showsDefects: SUPERVM_LOG_LEVEL === 'debug' || SUPERVM_LOG_LEVEL === 'trace',
    userName: filled(USER) ?? filled(LOGNAME) ?? accountName() ?? String(userId),
  };
}

/** Undefined for a user id without an account, as containers have. */
export function accountName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
