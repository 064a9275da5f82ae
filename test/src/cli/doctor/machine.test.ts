/** Checks of runtime, folders, daemon and disk on made-up machines. */
import { describe, expect, test } from 'vitest';
import { checkDaemon, type DaemonReading } from '../../../../src/cli/doctor/checks/daemon.ts';
import { checkDaemonLog } from '../../../../src/cli/doctor/checks/daemon-log.ts';
import { checkFolders } from '../../../../src/cli/doctor/checks/folders.ts';
import { checkHomeDisk, type HomeDiskReading } from '../../../../src/cli/doctor/checks/home-disk.ts';
import { checkBlobs, checkRecords, type RecordsReading } from '../../../../src/cli/doctor/checks/records.ts';
import { checkRuntime, type RuntimeReading } from '../../../../src/cli/doctor/checks/runtime.ts';
import { checkSocketPath } from '../../../../src/cli/doctor/checks/socket-path.ts';
import { checkVersions } from '../../../../src/cli/doctor/checks/versions.ts';
import type { Finding } from '../../../../src/cli/doctor/finding.ts';
import type { FolderLook } from '../../../../src/settings/daemon-checks.ts';

const states = (findings: readonly Finding[]): readonly string[] => findings.map(({ state }) => state);

describe('runtime', () => {
  const reading: RuntimeReading = { node: 'v24.1.0', path: '/n/node', bundled: true, platform: 'linux', architecture: 'x64', system: 'Debian' };

  test.each<readonly [Partial<RuntimeReading>, readonly string[]]>([
    [{}, ['ok', 'ok']],
    [{ node: 'v20.19.2', bundled: false }, ['failing', 'ok']],
    [{ platform: 'darwin', architecture: 'arm64' }, ['ok', 'warning']],
  ])('%j', (changes, expected) => expect(states(checkRuntime({ ...reading, ...changes }))).toEqual(expected));

  test('versions that differ are told, the daemon here first', () => {
    expect(checkVersions({ ours: '2', daemon: '1', nodes: [] })).toMatchObject([{ state: 'warning', commands: ['supervm restart'] }]);
    expect(checkVersions({ ours: '2', daemon: '2', nodes: [{ name: 'n2', version: '1' }] })).toMatchObject([
      { state: 'warning', found: expect.stringContaining('n2 1') },
    ]);
    expect(states(checkVersions({ ours: '2', daemon: undefined, nodes: [] }))).toEqual(['ok']);
  });
});

describe('folders', () => {
  const look = (path: string, mode: number, userId = 1000, kind: 'folder' | 'file' | 'link' = 'folder'): FolderLook => ({
    path,
    found: { kind, userId, mode },
  });
  const of = (...looks: readonly FolderLook[]): readonly Finding[] => checkFolders({ home: '/h', looks, userId: 1000 });

  test('that are private are well, and one that is not there yet too', () => {
    expect(states(of(look('/h', 0o700), look('/h/node.key', 0o600, 1000, 'file')))).toEqual(['ok']);
    expect(states(of({ path: '/h', found: undefined }))).toEqual(['not-applicable']);
  });

  test('and keys that others can read are failing, and can be closed', () => {
    expect(of(look('/h', 0o755), look('/h/node.key', 0o640, 1000, 'file'))).toMatchObject([
      {
        state: 'failing',
        commands: ["chmod 700 '/h'", "chmod 600 '/h/node.key'"],
        repairs: [
          { kind: 'set-mode', path: '/h', mode: 0o700 },
          { kind: 'set-mode', path: '/h/node.key', mode: 0o600 },
        ],
      },
    ]);
  });

  test('of another user, and links in their place, are failing and left alone', () => {
    for (const strange of [look('/h', 0o700, 0), look('/h', 0o777, 1000, 'link')]) expect(of(strange)).toMatchObject([{ state: 'failing', repairs: [] }]);
  });
});

describe('the disk of the home folder', () => {
  const mounts = [
    '25 1 8:1 / / rw - ext4 /dev/sda1 rw',
    '30 25 0:40 / /home rw - nfs4 server:/home rw',
    '31 25 8:2 / /mnt\\040two ro - ext4 /dev/sdb1 rw',
  ].join('\n');
  const reading = (changes: Partial<HomeDiskReading> = {}, disk: Partial<HomeDiskReading['disk']> = {}): HomeDiskReading => ({
    home: '/var/h',
    disk: { place: '/var/h', freeBytes: 100e9, totalBytes: 200e9, freeFiles: 1e6, totalFiles: 2e6, ...disk },
    write: { tookMs: 5 },
    mounts,
    ...changes,
  });

  test.each<readonly [string, HomeDiskReading, readonly string[]]>([
    ['well', reading(), ['ok', 'ok', 'ok']],
    ['on a network', reading({}, { place: '/home/ann' }), ['warning', 'ok', 'ok']],
    ['read-only, with a blank in its name', reading({ write: { error: 'EROFS' } }, { place: '/mnt two/h' }), ['failing', 'failing', 'ok']],
    ['slow', reading({ write: { tookMs: 201 } }), ['ok', 'warning', 'ok']],
    ['nearly full', reading({}, { freeBytes: 1e9 }), ['ok', 'ok', 'warning']],
    ['full', reading({}, { freeBytes: 1e6 }), ['ok', 'ok', 'failing']],
    ['out of files', reading({}, { freeFiles: 3 }), ['ok', 'ok', 'warning']],
    ['a file system that counts no files', reading({}, { freeFiles: 0, totalFiles: 0 }), ['ok', 'ok', 'ok']],
    ['nothing known', reading({ mounts: undefined, write: undefined }), ['not-applicable', 'not-applicable', 'ok']],
  ])('%s', (_, read, expected) => expect(states(checkHomeDisk(read))).toEqual(expected));

  test('a socket path that is too long is failing, one moved to /tmp a warning', () => {
    const of = (path: string): readonly string[] => states(checkSocketPath({ path, home: '/h', longest: 107 }));
    expect([of('/h/run/supervm.sock'), of('/tmp/supervm-0-a/supervm.sock'), of(`/h/${'x'.repeat(110)}`)]).toEqual([['ok'], ['warning'], ['failing']]);
  });
});

describe('the daemon', () => {
  const reading = (changes: Partial<DaemonReading>): DaemonReading => ({
    home: '/h',
    log: '/h/log',
    answer: { kind: 'absent' },
    holder: undefined,
    pid: undefined,
    leftovers: [],
    ...changes,
  });

  test.each<readonly [string, Partial<DaemonReading>, string]>([
    ['answers', { answer: { kind: 'answers', tookMs: 4 }, holder: 7 }, 'ok'],
    ['answers late', { answer: { kind: 'answers', tookMs: 1200 } }, 'warning'],
    ['is silent', { answer: { kind: 'silent', afterMs: 1500 }, holder: 7 }, 'failing'],
    ['is another user’s', { answer: { kind: 'foreign', reason: 'belongs to another user' } }, 'failing'],
    ['lives behind a socket that is gone', { holder: 7 }, 'failing'],
    ['does not run', {}, 'not-applicable'],
  ])('%s', (_, changes, state) => expect(states(checkDaemon(reading(changes)))).toEqual([state]));

  test('that is silent is named by its number, with the words that wake or end it', () => {
    expect(checkDaemon(reading({ answer: { kind: 'silent', afterMs: 1500 }, holder: 7, pid: 9 }))[0]?.commands).toEqual([
      'kill -CONT 7',
      'kill -9 7',
      'supervm up',
    ]);
  });

  test('that was killed left what can be removed', () => {
    expect(checkDaemon(reading({ leftovers: ['/h/run/supervm.sock'], pid: 9 }))).toMatchObject([
      { state: 'warning', repairs: [{ kind: 'remove', path: '/h/run/supervm.sock' }] },
    ]);
  });

  const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  const line = (minute: number, level: string, msg: string, more = {}): string => JSON.stringify({ level, time: at(minute), msg, ...more });
  const log = (running: boolean, ...lines: readonly string[]): readonly Finding[] =>
    checkDaemonLog({ file: '/h/log', tail: ['"cut":1}', ...lines].join('\n'), running, now: Date.parse(at(60)) });

  test('its log: no error, one before the last start, one since, and the one it ended with', () => {
    const error = line(5, 'error', 'a route failed', { error: { message: 'it\nbroke' } });
    expect(states(log(true, line(1, 'info', 'ready')))).toEqual(['ok']);
    expect(log(true, error, line(9, 'info', 'ready'))).toMatchObject([
      { state: 'ok', found: 'no error since the last start; before it, 55 min ago: a route failed: it' },
    ]);
    expect(states(log(true, line(1, 'info', 'ready'), error, line(9, 'info', 'more')))).toEqual(['warning']);
    expect(log(false, line(1, 'info', 'ready'), error)).toMatchObject([
      { state: 'failing', found: 'the daemon ended with an error 55 min ago: a route failed: it' },
    ]);
  });

  test('its log: no old errors, no control codes', () => {
    expect(states(checkDaemonLog({ file: '', tail: line(0, 'error', 'old'), running: true, now: Date.parse(at(0)) + 25 * 3_600_000 }))).toEqual(['ok']);
    expect(log(true, line(5, 'error', 'a\u001b[31mb'))[0]?.found).not.toContain('\u001b');
    expect(states(checkDaemonLog({ file: '', tail: undefined, running: false, now: 0 }))).toEqual(['not-applicable']);
  });
});

describe('records and blobs', () => {
  const reading = (changes: Partial<RecordsReading>): RecordsReading => ({
    file: '/h/records.db',
    log: '/h/log',
    exists: true,
    problems: undefined,
    faults: undefined,
    ...changes,
  });

  test.each<readonly [string, Partial<RecordsReading>, string]>([
    ['the daemon is content', { problems: [] }, 'ok'],
    ['the daemon complains', { problems: [{ code: 'disk-full', message: 'full', hint: 'make room' }] }, 'failing'],
    ['whole', { faults: [] }, 'ok'],
    ['damaged', { faults: ['file is not a database'] }, 'failing'],
    ['busy', { faults: ['database is locked'] }, 'warning'],
    ['large', { faults: 'late' }, 'ok'],
    ['none yet', { exists: false }, 'not-applicable'],
  ])('%s', (_, changes, state) => expect(states(checkRecords(reading(changes)))).toEqual([state]));

  test('blobs are counted, as far as there was time', () => {
    expect(checkBlobs({ files: 2, bytes: 2 ** 20, complete: true })[0]?.found).toBe('1.0 MiB in 2 files of jobs stored here');
    expect(checkBlobs({ files: 2, bytes: 2 ** 20, complete: false })[0]?.found).toMatch(/^more than /);
    expect(states(checkBlobs(undefined))).toEqual(['not-applicable']);
  });
});
