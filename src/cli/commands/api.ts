/** api, login */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { roles } from '../../api/roles.ts';
import { eventsOf, isEventStream, readReply, sendRequest } from '../../api/send-request.ts';
import type { PersonRole } from '../../model/cluster-facts.ts';
import { SupervmError } from '../../model/errors.ts';
import { assertPrivateFolder } from '../../settings/private-folder.ts';
import type { Context, Exit } from '../context.ts';
import { curlLine } from './curl-line.ts';

export interface ApiFlags {
  readonly method?: string;
  readonly input?: string;
  readonly curl?: boolean;
  readonly tcp?: boolean;
}

const methods: readonly string[] = ['GET', 'POST'];

/** One request to this machine's daemon, as its owner. What it answers is JSON in every output; of a stream one line an event. */
export async function api(context: Context, path: string, flags: ApiFlags): Promise<Exit> {
  const { paths, output, signal } = context;
  const method = (flags.method ?? (flags.input === undefined ? 'GET' : 'POST')).toUpperCase();
  if (!methods.includes(method)) throw new SupervmError('usage', `--method: ${method} is none of ${methods.join(', ')}.`);
  if (method === 'GET' && flags.input !== undefined)
    throw new SupervmError('usage', '--input: a GET request has no body.', 'Leave --method out, or give POST.');
  const address = addressOf(path);
  if (flags.curl === true) {
    const url = flags.tcp === true ? await tcpUrl(context) : undefined;
    const line = curlLine({ method, path: address, input: flags.input, socketPath: paths.socket, url });
    output.show({ human: () => line, json: { curl: line }, quiet: line });
    return 0;
  }
  if (flags.tcp === true) throw new SupervmError('usage', '--tcp only says what --curl prints.', 'Without --curl the unix socket is used.');
  if (!paths.socket.startsWith(`${paths.home}/`)) assertPrivateFolder(paths.run);
  const body = method === 'GET' ? undefined : flags.input === undefined ? '{}' : bodyOf(await read(context, flags.input));
  const response = await sendRequest(paths.socket, { method, path: address, accept: 'application/json', body }, signal);
  if (!isEventStream(response)) {
    const reply = await readReply(response);
    const text = jsonText(reply, 2);
    output.show({ human: () => text, json: reply, quiet: text });
    return 0;
  }
  for await (const { body: event } of eventsOf(response)) {
    output.terminal.out(`${jsonText(event)}\n`);
  }
  return 0;
}

/** As `gh api` takes it: below /api/v1 unless it begins with a slash. */
function addressOf(path: string): string {
  const address = path.startsWith('/') ? path : `/api/v1/${path}`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  if (/[\u0000-\u0020\u007f-\uffff]/.test(address)) {
    throw new SupervmError('usage', `${JSON.stringify(path)} is not a path of a URL.`, 'Escape spaces and the like: %20');
  }
  return address;
}

/** What a terminal would obey, or hide, is written by its number. */
function jsonText(value: unknown, indent?: number): string {
  const number = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return (JSON.stringify(value, undefined, indent) ?? '').replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, number);
}

async function read({ output, workingFolder }: Context, input: string): Promise<string> {
  if (input === '-') return output.terminal.read();
  const file = resolve(workingFolder, input);
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SupervmError('file-missing', `--input: ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, '', { cause });
  }
}

function bodyOf(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (cause) {
    throw new SupervmError('usage', `--input is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, '', { cause });
  }
}

async function tcpUrl(context: Context): Promise<string> {
  const { http } = await context.client().call('status');
  if (http === undefined) throw new SupervmError('not-allowed', 'This daemon serves no HTTP over TCP.', 'Start it without --no-http.');
  return http;
}

/** For a browser: exchanged for a session by POST /api/session. */
export async function loginCode({ client, output }: Context, flags: { readonly role?: string }): Promise<Exit> {
  const role = flags.role as PersonRole | undefined;
  if (role !== undefined && !roles.includes(role)) throw new SupervmError('usage', `--role: ${JSON.stringify(role)} is none of ${roles.join(', ')}.`);
  const api = client();
  const view = await api.call('loginCode', { body: role === undefined ? undefined : { role } });
  const { http } = await api.call('status');
  output.show({
    human: () => `${view.code}\nGood once, within a minute, for a session as ${view.role}: POST ${http ?? ''}/api/session {"code": "..."}`,
    json: { ...view, url: http },
    quiet: view.code,
  });
  return 0;
}
