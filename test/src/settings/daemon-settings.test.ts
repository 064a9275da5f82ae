import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { SupervmError } from '../../../src/model/errors.ts';
import { kebab, resolveSettings } from '../../../src/settings/daemon-settings.ts';

const none = {};
const resolve = (flags: Parameters<typeof resolveSettings>[0], variables: Record<string, string> = none, file: Record<string, unknown> = none) =>
  resolveSettings(flags, variables, file, 'config.json');

test('defaults', () => {
  expect(resolve({})).toEqual({
    name: hostname(),
    acceptLoss: false,
    hostId: undefined,
    listen: [],
    peers: [],
    clusterKeyFile: undefined,
    passphraseFile: undefined,
    discovery: true,
    without: [],
    http: { bind: undefined, port: undefined, tlsCert: undefined, tlsKey: undefined, names: [], folders: [] },
    logLevel: 'info',
  });
});

test('flags win over the environment, that over the file, that over defaults', () => {
  const file = { name: 'file', peer: ['file:1'], logLevel: 'warn' };
  const variables = { SUPERVM_NAME: 'variable', SUPERVM_PEERS: 'variable:1, other:2' };
  expect(resolve({ name: 'flag' }, variables, file)).toMatchObject({ name: 'flag', peers: ['variable:1', 'other:2'], logLevel: 'warn' });
  expect(resolve({}, { SUPERVM_NAME: '' }, file).name).toBe('file');
});

test('booleans are read from words', () => {
  expect(resolve({}, { SUPERVM_DISCOVERY: 'off' }).discovery).toBe(false);
  expect(resolve({}, { SUPERVM_DISCOVERY: '1' }, { discovery: false }).discovery).toBe(true);
});

describe('what is wrong is named with its source', () => {
  test.each([
    [{ listen: ['nowhere'] }, {}, {}, /--listen.*HOST:PORT/],
    [{ peer: ['host:70000'] }, {}, {}, /--peer/],
    [{}, { SUPERVM_DISCOVERY: 'maybe' }, {}, /SUPERVM_DISCOVERY.*true or false/],
    [{}, { SUPERVM_LOG_LEVEL: 'loud' }, {}, /SUPERVM_LOG_LEVEL.*one of/],
    [{}, {}, { peer: 'host:1' }, /config\.json: peer/],
    [{}, {}, { name: 7 }, /config\.json: name/],
    [{}, {}, { nmae: 'x' }, /unknown setting "nmae"/],
  ])('%j %j %j', (flags, variables, file, message) => {
    expect(() => resolve(flags, variables as Record<string, string>, file)).toThrow(message);
  });

  test('a mistyped key suggests the right one', () => {
    try {
      resolve({}, {}, { nmae: 'x' });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(SupervmError);
      expect((error as SupervmError).hint).toContain('"name"');
    }
  });
});

test.each(['localhost:0', '10.0.0.7:7946', '[fe80::1%eth0]:1', 'studio.local:65535'])('%s is an address', (address) => {
  expect(resolve({ peer: [address] }).peers).toEqual([address]);
});

test('keys become flags', () => {
  expect(kebab('clusterKey')).toBe('cluster-key');
});

describe('HTTP over TCP', () => {
  test('is switched off by a word, wherever it is said', () => {
    expect(resolve({ http: false }).http).toBeUndefined();
    expect(resolve({}, { SUPERVM_HTTP: 'off' }).http).toBeUndefined();
    expect(resolve({}, none, { http: false }).http).toBeUndefined();
  });

  test('takes its port as text or number', () => {
    expect(resolve({ httpPort: '8080' }).http?.port).toBe(8080);
    expect(resolve({}, none, { httpPort: 0 }).http?.port).toBe(0);
  });

  test.each(['65536', '-1', '1.5', '', '0x10', '80 '])('has no port %j', (httpPort) => {
    expect(() => resolve({ httpPort })).toThrow(/--http-port: .* is not a port from 0 to 65535/);
  });

  test('knows its files wherever it is started again', () => {
    expect(resolve({ httpFolder: ['jobs', '/srv'] }).http?.folders).toEqual([`${process.cwd()}/jobs`, '/srv']);
    expect(() => resolve({ httpFolder: [''] })).toThrow(/--http-folder: .* is not a list of folders/);
    expect(resolve({ tlsCert: 'cert.pem', tlsKey: '/k.pem' }).http).toMatchObject({ tlsCert: `${process.cwd()}/cert.pem`, tlsKey: '/k.pem' });
  });
});
