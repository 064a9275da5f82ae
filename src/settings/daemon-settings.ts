/** What a daemon can be told: flags win over the environment, that over the user's file, that over defaults. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { SupervmError } from '../model/errors.ts';
import { nearest } from '../model/nearest.ts';

export interface DaemonSettings {
  /** What people call this node. */
  readonly name: string;
  /** The physical machine, when the machine's own id shall not decide (tests, several homes on one machine). */
  readonly hostId: string | undefined;
  /** `host:port` texts to listen on; empty: what the network takes by default. */
  readonly listen: readonly string[];
  /** `host:port` texts to dial besides what discovery finds. */
  readonly peers: readonly string[];
  /** File with the cluster's secret, instead of the one in the home folder. */
  readonly clusterKeyFile: string | undefined;
  /** Holds the passphrase of this machine's keys, where they are encrypted; `-`: standard input. */
  readonly passphraseFile: string | undefined;
  /** Look for other machines by multicast DNS. */
  readonly discovery: boolean;
  /** Programs this node shall not offer, by the names that job types use. */
  readonly without: readonly string[];
  /** HTTP over TCP; undefined: the unix socket alone. */
  readonly http: HttpSettings | undefined;
  readonly logLevel: LogLevel;
  /** Start with what can be read of damaged job records though no other machine could give back the rest. */
  readonly acceptLoss: boolean;
}

export interface HttpSettings {
  /** IP address to listen on; undefined: loopback. */
  readonly bind: string | undefined;
  /** Undefined: 3000, or the next that is free. 0: any. */
  readonly port: number | undefined;
  /** Files in PEM, absolute. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  /** Names by which browsers and scripts may address this machine, besides loopback's. */
  readonly names: readonly string[];
  /** Absolute: what callers below admin may read and write. */
  readonly folders: readonly string[];
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

type Value = string | number | boolean | readonly string[];

interface Definition {
  /** In the user's file and in flags. */
  readonly key: string;
  readonly variable: string;
  readonly type: 'text' | 'addresses' | 'words' | 'boolean' | 'level' | 'port' | 'file' | 'folders';
  readonly summary: string;
  readonly placeholder: string;
}

/** In the order of help. */
export const settingDefinitions = [
  { key: 'name', variable: 'SUPERVM_NAME', type: 'text', placeholder: 'NAME', summary: 'what people call this node (default: the host name)' },
  { key: 'listen', variable: 'SUPERVM_LISTEN', type: 'addresses', placeholder: 'HOST:PORT', summary: 'address to listen on; may be repeated' },
  { key: 'peer', variable: 'SUPERVM_PEERS', type: 'addresses', placeholder: 'HOST:PORT', summary: 'another node to connect to; may be repeated' },
  { key: 'clusterKey', variable: 'SUPERVM_CLUSTER_KEY', type: 'text', placeholder: 'FILE', summary: "file with the cluster's secret" },
  {
    key: 'passphraseFile',
    variable: 'SUPERVM_PASSPHRASE_FILE',
    type: 'text',
    placeholder: 'FILE',
    summary: "file with the passphrase of this machine's keys, where they are encrypted; - is standard input",
  },
  { key: 'discovery', variable: 'SUPERVM_DISCOVERY', type: 'boolean', placeholder: '', summary: 'look for other machines by multicast' },
  {
    key: 'without',
    variable: 'SUPERVM_WITHOUT',
    type: 'words',
    placeholder: 'PROGRAM',
    summary: 'program not to offer, though it is installed; may be repeated',
  },
  { key: 'http', variable: 'SUPERVM_HTTP', type: 'boolean', placeholder: '', summary: 'serve HTTP over TCP, besides the unix socket' },
  {
    key: 'httpPort',
    variable: 'SUPERVM_HTTP_PORT',
    type: 'port',
    placeholder: 'PORT',
    summary: 'its port (default: 3000, or the next that is free; 0: any)',
  },
  {
    key: 'httpBind',
    variable: 'SUPERVM_HTTP_BIND',
    type: 'text',
    placeholder: 'ADDRESS',
    summary: 'its IP address (default: 127.0.0.1); any but loopback needs TLS',
  },
  {
    key: 'httpName',
    variable: 'SUPERVM_HTTP_NAMES',
    type: 'words',
    placeholder: 'NAME',
    summary: 'further name by which it may be addressed; may be repeated',
  },
  {
    key: 'httpFolder',
    variable: 'SUPERVM_HTTP_FOLDERS',
    type: 'folders',
    placeholder: 'DIR',
    summary: 'folder that callers with the role user may read and write (default: none); may be repeated',
  },
  { key: 'tlsCert', variable: 'SUPERVM_TLS_CERT', type: 'file', placeholder: 'FILE', summary: 'its certificate with the chain, in PEM' },
  { key: 'tlsKey', variable: 'SUPERVM_TLS_KEY', type: 'file', placeholder: 'FILE', summary: 'the key of the certificate, in PEM' },
  { key: 'logLevel', variable: 'SUPERVM_LOG_LEVEL', type: 'level', placeholder: 'LEVEL', summary: `how much to log: ${logLevels.join(', ')}` },
  {
    key: 'acceptLoss',
    variable: 'SUPERVM_ACCEPT_LOSS',
    type: 'boolean',
    placeholder: '',
    summary: 'start with what can be read of damaged job records',
  },
  { key: 'hostId', variable: 'SUPERVM_HOST_ID', type: 'text', placeholder: 'ID', summary: 'the physical machine, where several nodes share one' },
] as const satisfies readonly Definition[];

export type SettingKey = (typeof settingDefinitions)[number]['key'];
export type GivenSettings = { readonly [key in SettingKey]?: Value };

/** Throws `bad-setting` naming the source and the key. Values of the user's file are unknown until here. */
export function resolveSettings(
  flags: GivenSettings,
  variables: { readonly [name: string]: string | undefined },
  file: { readonly [key: string]: unknown },
  fileName: string,
): DaemonSettings {
  const keys: readonly string[] = settingDefinitions.map((definition) => definition.key);
  for (const key of Object.keys(file)) {
    if (keys.includes(key)) continue;
    const close = nearest(key, keys);
    throw new SupervmError(
      'bad-setting',
      `${fileName}: unknown setting "${key}".`,
      close === undefined ? `Known: ${keys.join(', ')}` : `Did you mean "${close}"?`,
    );
  }
  const found: { [key in SettingKey]?: Value } = {};
  for (const definition of settingDefinitions) {
    const { key, variable } = definition;
    const text = variables[variable];
    if (flags[key] !== undefined) found[key] = checked(definition, flags[key], `--${kebab(key)}`);
    else if (text !== undefined && text !== '') found[key] = checked(definition, fromText(definition, text), variable);
    else if (file[key] !== undefined) found[key] = checked(definition, file[key], `${fileName}: ${key}`);
  }
  return {
    name: (found.name as string | undefined) ?? hostname(),
    hostId: found.hostId as string | undefined,
    listen: (found.listen as readonly string[] | undefined) ?? [],
    peers: (found.peer as readonly string[] | undefined) ?? [],
    clusterKeyFile: found.clusterKey === undefined ? undefined : resolve(found.clusterKey as string),
    passphraseFile: found.passphraseFile === undefined || found.passphraseFile === '-' ? found.passphraseFile : resolve(found.passphraseFile as string),
    discovery: (found.discovery as boolean | undefined) ?? true,
    without: (found.without as readonly string[] | undefined) ?? [],
    acceptLoss: (found.acceptLoss as boolean | undefined) ?? false,
    http: found.http === false ? undefined : httpSettings(found),
    logLevel: (found.logLevel as LogLevel | undefined) ?? 'info',
  };
}

function httpSettings(found: GivenSettings): HttpSettings {
  return {
    bind: found.httpBind as string | undefined,
    port: found.httpPort as number | undefined,
    tlsCert: found.tlsCert as string | undefined,
    tlsKey: found.tlsKey as string | undefined,
    names: (found.httpName as readonly string[] | undefined) ?? [],
    folders: (found.httpFolder as readonly string[] | undefined) ?? [],
  };
}

/** `clusterKey` to `cluster-key`, as flags are written. */
export function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function fromText(definition: Definition, text: string): Value {
  if (['addresses', 'words', 'folders'].includes(definition.type)) return text.split(',').map((part) => part.trim());
  if (definition.type !== 'boolean') return text;
  if (['1', 'true', 'yes', 'on'].includes(text)) return true;
  return ['0', 'false', 'no', 'off'].includes(text) ? false : text;
}

function checked(definition: Definition, value: unknown, source: string): Value {
  const bad = (wanted: string): SupervmError => new SupervmError('bad-setting', `${source}: ${JSON.stringify(value)} is not ${wanted}.`);
  switch (definition.type) {
    case 'boolean':
      if (typeof value !== 'boolean') throw bad('true or false');
      return value;
    case 'addresses':
      if (!isTextList(value) || !value.every(isAddress)) throw bad('a list of HOST:PORT');
      return value;
    case 'words':
      if (!isTextList(value) || value.includes('')) throw bad('a list of words');
      return value;
    case 'folders':
      if (!isTextList(value) || value.includes('')) throw bad('a list of folders');
      return value.map((folder) => resolve(folder));
    case 'port': {
      const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
      if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535) throw bad('a port from 0 to 65535');
      return port;
    }
    case 'level':
      if (!logLevels.some((level) => level === value)) throw bad(`one of ${logLevels.join(', ')}`);
      return value as LogLevel;
    case 'text':
    case 'file':
      if (typeof value !== 'string' || value === '' || value.length > 255) throw bad('a text of 1 to 255 characters');
      return definition.type === 'file' ? resolve(value) : value;
  }
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** `host:port`, `1.2.3.4:7946`, `[::1]:0`. */
function isAddress(text: string): boolean {
  const port = Number(/^(?:\[[0-9a-fA-F:.%\w]+\]|[^:\s]+):(\d{1,5})$/.exec(text)?.[1] ?? Number.NaN);
  return port >= 0 && port <= 65_535;
}
