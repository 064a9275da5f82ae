/** The line for curl that does what `supervm api` would. A token is never among its words, which others could see in `ps`. */

export interface CurlCall {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** A file, or - for standard input. */
  readonly input: string | undefined;
  readonly socketPath: string;
  /** Over TCP, with the token in SUPERVM_TOKEN; undefined: over the unix socket, as its owner. */
  readonly url: string | undefined;
}

export function curlLine({ method, path, input, socketPath, url }: CurlCall): string {
  // printf is a word of the shell itself: no process is started with the token among its words.
  const before = url === undefined ? [] : [`printf 'Authorization: Bearer %s\\n' "$SUPERVM_TOKEN" |`];
  const door = url === undefined ? ['--unix-socket', quoted(socketPath)] : ['-H', '@-'];
  const body = method === 'GET' ? [] : ['-X', method, '-H', quoted('content-type: application/json'), '--data-binary', bodyWord(input, url)];
  return [...before, 'curl', '-sS', ...door, ...body, quoted(`${url ?? 'http://localhost'}${path}`)].join(' ');
}

/** Standard input brings the token already: then the body comes from a file. */
function bodyWord(input: string | undefined, url: string | undefined): string {
  if (input === undefined) return quoted('{}');
  return quoted(input === '-' && url !== undefined ? '@body.json' : `@${input}`);
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
