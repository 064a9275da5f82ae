/** Where HTTP over TCP listens, from the settings. Everything but loopback needs TLS, or the daemon does not start. */
import { isIP } from 'node:net';
import { SupervmError } from '../../src/model/errors.ts';

/** As the daemon's settings say it. */
export interface HttpSettings {
  /** An IP address; undefined: 127.0.0.1. */
  readonly bind: string | undefined;
  /** Undefined: 3000, or the next that is free. 0: any. */
  readonly port: number | undefined;
  /** Files in PEM. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly names: readonly string[];
  /** Absolute: what callers below admin may read and write. */
  readonly folders: readonly string[];
}

export interface ListenAddress {
  readonly address: string;
  /** Tried in this order. */
  readonly ports: readonly number[];
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Lower-case. */
  readonly names: readonly string[];
}

const firstPort = 3000;
/** Beyond that many daemons on one machine the system chooses. */
const portsTried = 64;

/** Throws `bad-setting` naming the flag. */
export function listenAddress(settings: HttpSettings): ListenAddress {
  const { bind = '127.0.0.1', port, tlsCert, tlsKey } = settings;
  if (isIP(bind) === 0) {
    const hint = 'For this machine alone leave it out. For all addresses of this machine: --http-bind 0.0.0.0 with --tls-cert and --tls-key.';
    throw new SupervmError('bad-setting', `--http-bind: ${JSON.stringify(bind)} is not an IP address.`, hint);
  }
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new SupervmError('bad-setting', `--tls-${tlsCert === undefined ? 'cert' : 'key'} is missing: certificate and key belong together.`, 'Give both.');
  }
  if (tlsCert === undefined && !isLoopback(bind)) {
    const hint = 'Give --tls-cert FILE and --tls-key FILE, or leave --http-bind out and use an SSH tunnel: ssh -L 3000:127.0.0.1:3000 HOST';
    throw new SupervmError('bad-setting', `--http-bind ${bind}: other machines could listen in, and HTTP there needs TLS.`, hint);
  }
  return {
    address: bind,
    ports: port === undefined ? [...Array.from({ length: portsTried }, (_, index) => firstPort + index), 0] : [port],
    tls: tlsCert === undefined || tlsKey === undefined ? undefined : { cert: tlsCert, key: tlsKey },
    names: settings.names.map((name) => name.toLowerCase()),
  };
}

/** Only what is written as such: 127.0.0.0/8 and ::1. An IPv4 address in the form of an IPv6 one is not, whatever it names. */
export function isLoopback(address: string): boolean {
  return (
    (isIP(address) === 4 && address.startsWith('127.')) || (isIP(address) === 6 && new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname === '[::1]')
  );
}
