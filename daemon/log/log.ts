/** The daemon's structured log: JSON lines in a file, secrets left out. */
import pino from 'pino';
import { maskSecrets } from './mask-secrets.ts';
import { RotatingFile } from './rotating-file.ts';

export interface LogFields {
  readonly [name: string]: unknown;
}

/** One event a call: `message` is constant text, what varies goes into `fields`. An Error under `error` is written with its stack. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log with `concern` in every line. */
  of(concern: string): Log;
}

export interface LogOptions {
  readonly file: string;
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  readonly maximumBytes?: number;
  /** Older files kept: `daemon.log.1` is the latest of them. */
  readonly keep?: number;
}

/** Wherever such a member is, its value is not written. */
const secrets = ['key', 'secret', 'token', 'invite', 'line', 'clusterKey', 'privateKey', 'password'];

export interface OpenLog extends Log, Disposable {}

/** Lines are written at once: what a crash leaves behind is what one wants to read. */
export function openLog(options: LogOptions): OpenLog {
  const file = new RotatingFile({ file: options.file, maximumBytes: options.maximumBytes ?? 5 * 1024 * 1024, keep: options.keep ?? 3 });
  const logger = pino(
    {
      level: options.level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
      redact: { paths: secrets.flatMap((name) => [name, `*.${name}`]), censor: '[secret]' },
    },
    { write: (line) => file.write(maskSecrets(line)) },
  );
  return { ...logOver(logger), [Symbol.dispose]: () => file.close() };
}

function logOver(logger: pino.Logger): Log {
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
    of: (concern) => logOver(logger.child({ concern })),
  };
}
