import { expect, test } from 'vitest';
import { longestSocketPath, pathsOf } from '../../../src/settings/paths.ts';

const plain = { userFolder: '/home/ann', userId: 1000, home: undefined, stateHome: undefined, configHome: undefined };

test('without variables everything is below the user’s own folder', () => {
  const paths = pathsOf(plain);
  expect(paths.home).toBe('/home/ann/.local/state/supervm');
  expect(paths.config).toBe('/home/ann/.config/supervm/config.json');
  expect(paths.socket).toBe('/home/ann/.local/state/supervm/run/supervm.sock');
});

test('the base directories move state and settings; relative ones are ignored', () => {
  expect(pathsOf({ ...plain, stateHome: '/state', configHome: '/config' })).toMatchObject({ home: '/state/supervm', config: '/config/supervm/config.json' });
  expect(pathsOf({ ...plain, stateHome: 'state', configHome: 'config' })).toEqual(pathsOf(plain));
});

test('SUPERVM_HOME moves all of it', () => {
  const { home, ...others } = pathsOf({ ...plain, home: '/srv/node1', stateHome: '/state' });
  expect(home).toBe('/srv/node1');
  expect(Object.values(others).filter((path) => !path.startsWith('/srv/node1/'))).toEqual([]);
});

test('a socket whose path would be too long is in /tmp, by user and home folder alone', () => {
  const longest = `/${'h'.repeat(longestSocketPath - '/run/supervm.sock'.length - 1)}`;
  expect(pathsOf({ ...plain, home: longest }).socket).toBe(`${longest}/run/supervm.sock`);
  const long = pathsOf({ ...plain, home: `${longest}h` });
  expect(long.socket).toMatch(/^\/tmp\/supervm-1000-[0-9a-f]{16}\/supervm\.sock$/);
  expect(pathsOf({ ...plain, home: `${longest}h`, stateHome: '/elsewhere' }).socket).toBe(long.socket);
  expect(pathsOf({ ...plain, home: `${longest}i` }).socket).not.toBe(long.socket);
  expect(long.records).toBe(`${longest}h/records.db`);
});

test('the length of a socket path is counted in bytes', () => {
  expect(pathsOf({ ...plain, home: `/${'ü'.repeat(50)}` }).socket).toMatch(/^\/tmp\//);
});
