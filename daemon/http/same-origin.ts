/**
 * What a browser may be made to send by a page that is not ours. A request is refused unless it names us by an address or a name of ours
 * (a name that somebody else's DNS points here is not), no other origin stands behind it, and what changes something is of a type that forms cannot send.
 */
import type { IncomingMessage } from 'node:http';
import { SupervmError } from '../../src/model/errors.ts';
import { isLoopback } from './listen-address.ts';

export interface OwnNames {
  readonly scheme: 'http' | 'https';
  /** Lower-case, besides loopback's and the address that a connection came to; with a port where that is another, as behind a tunnel. */
  readonly names: readonly string[];
}

type Request = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'rawHeaders'> & {
  readonly socket: Pick<IncomingMessage['socket'], 'localAddress' | 'localPort'>;
};

/** Throws `not-allowed` or `bad-request`. Asked before anything else of a request, its credentials included. */
export function assertSameOrigin(request: Request, own: OwnNames): void {
  const { headers, method = '', url = '' } = request;
  if (countOf(request, 'host') !== 1 || !ownHosts(request, own).includes(headers.host?.toLowerCase() ?? '')) {
    throw new SupervmError(
      'not-allowed',
      'The request is not addressed to this daemon.',
      'Use the address that "supervm status" shows, or --http-name for a further name.',
    );
  }
  if (!url.startsWith('/')) throw new SupervmError('bad-request', 'The path of a request begins with /.');
  const origin = headers.origin;
  if (countOf(request, 'origin') > 1 || (origin !== undefined && origin.toLowerCase() !== `${own.scheme}://${headers.host?.toLowerCase()}`)) throw foreign();
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw foreign();
  if (holdsToken(url)) {
    throw new SupervmError(
      'bad-request',
      'A token does not belong into an address: addresses are logged and remembered.',
      'Send it as header "Authorization: Bearer ...". Revoke this one: supervm token revoke',
    );
  }
  if (!['GET', 'HEAD', 'OPTIONS'].includes(method) && (countOf(request, 'content-type') !== 1 || !isJson(headers['content-type']))) {
    throw new SupervmError('bad-request', 'What changes something is sent with content-type application/json.', 'An empty body is {}.');
  }
}

function foreign(): SupervmError {
  return new SupervmError('not-allowed', 'Pages of other origins may not use this daemon.', 'Open the address of this daemon itself.');
}

/** `host:port` as a client may write it that came to this socket; without the port where it is the scheme's own. */
function ownHosts({ socket }: Request, { scheme, names }: OwnNames): readonly string[] {
  const { localAddress = '', localPort } = socket;
  const address = localAddress.replace(/^::ffff:(?=\d+\.)/, '');
  const written = address.includes(':') ? `[${address}]` : address;
  const all = [written, ...(isLoopback(address) ? ['localhost'] : []), ...names];
  const bare = localPort === (scheme === 'https' ? 443 : 80);
  return all.flatMap((name) => {
    if (/:\d+$/.test(name) && names.includes(name)) return [name];
    return bare ? [name, `${name}:${localPort}`] : [`${name}:${localPort}`];
  });
}

function countOf({ rawHeaders }: Request, name: string): number {
  return rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length;
}

function isJson(type: string | undefined): boolean {
  return type !== undefined && /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i.test(type.trim());
}

/** In whatever way it is escaped. */
function holdsToken(url: string): boolean {
  const plain = url.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  return /svm_[A-Za-z0-9_-]{16}/i.test(plain);
}
