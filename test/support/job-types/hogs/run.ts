import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { OpenSession } from '../../../../src/plugin/job-type.ts';

const mebibyte = 2 ** 20;

export const open: OpenSession = async ({ scratch }) => ({
  async run({ script, outputs, log }) {
    const { want, what } = script;
    log(`wants ${want}`);
    const got = await reachFor(String(want), String(what), scratch);
    writeFileSync(join(outputs, 'hog.txt'), `${got}\n`);
    return { outputs: ['hog.txt'], process: process.pid, warnings: [] };
  },
  async close() {},
});

/** What it got; throws where it was refused. */
async function reachFor(want: string, what: string, scratch: string): Promise<string> {
  switch (want) {
    case 'memory':
      return eat();
    case 'late-memory':
      await endedOf('/bin/sleep', ['1']);
      return eat();
    case 'child-memory':
      return ended('const all = []; for (;;) all.push(Buffer.alloc(2 ** 24, 1));');
    case 'forks':
      return endedOf('/bin/sh', ['-c', 'while :; do sleep 30 & done']);
    case 'disk':
      for (let number = 0; ; number += 1) writeFileSync(join(scratch, `file-${number}`), Buffer.alloc(mebibyte, 1));
    case 'deleted':
      return hide(join(scratch, 'file'));
    case 'file':
      return fill(join(scratch, 'file'));
    case 'address':
      return reach({ host: what.split(':')[0] ?? '', port: Number(what.split(':')[1]) });
    case 'socket':
      return reach({ path: what });
    case 'path':
      return readFileSync(what, 'utf8');
    case 'escape':
      spawn('sh', ['-c', `(setsid sh -c "trap '' TERM HUP; (sleep ${what} &)" &)`], { stdio: 'ignore', detached: true }).unref();
      return endedOf('/bin/sleep', ['0.2']);
    default:
      return 'nothing';
  }
}

function eat(): never {
  const all: Buffer[] = [];
  for (;;) all.push(Buffer.alloc(16 * mebibyte, 1));
}

/** One file without end; the system says when it is enough. */
function fill(path: string): string {
  const file = openSync(path, 'w');
  try {
    for (;;) writeSync(file, Buffer.alloc(mebibyte, 1));
  } finally {
    closeSync(file);
  }
}

/** Files that no folder shows, each far from its own limit. */
function hide(path: string): Promise<never> {
  for (let number = 0; number < 6; number += 1) {
    const file = openSync(path, 'w');
    unlinkSync(path);
    writeSync(file, Buffer.alloc(24 * mebibyte, 1));
  }
  return new Promise(() => setInterval(() => {}, 1_000));
}

function reach(place: { readonly path: string } | { readonly host: string; readonly port: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(place);
    socket.once('connect', () => resolve('connected'));
    socket.once('error', reject);
  });
}

function ended(script: string): Promise<string> {
  return endedOf(process.execPath, ['-e', script]);
}

/** Rejects unless it ends well. */
function endedOf(file: string, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, words, { stdio: 'ignore' });
    child.once('error', reject);
    child.once('exit', (code, signal) => (code === 0 ? resolve('ended') : reject(new Error(`it ended with ${code ?? signal}`))));
  });
}
