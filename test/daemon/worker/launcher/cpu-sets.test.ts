/** On a folder with the kernel's file names; each write there is a line, of which a plain file keeps what a longer one had after it. test/cluster/limits.test.ts asks the kernel. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { CpuSets, processorsIn } from '../../../../daemon/worker/launcher/cpu-sets.ts';

function place(version: 1 | 2, all: string) {
  const above = mkdtempSync(join(tmpdir(), 'supervm-cpuset-'));
  onTestFinished(() => rmSync(above, { recursive: true, force: true }));
  const folder = join(above, 'supervm');
  mkdirSync(folder);
  const inherited = version === 1 ? { 'cpuset.cpus': `${all}\n`, 'cpuset.mems': '0\n' } : {};
  for (const [name, text] of Object.entries(inherited)) writeFileSync(join(above, name), text);
  for (const name of ['cpuset.cpus', 'cpuset.mems']) writeFileSync(join(folder, name), '\n');
  if (version === 2) writeFileSync(join(folder, 'cpuset.cpus.effective'), `${all}\n`);
  const sets = new CpuSets({ version, folder, controllers: ['cpuset'] });
  const group = (name: string): string => {
    const own = join(folder, name);
    mkdirSync(own);
    for (const file of ['cpuset.cpus', 'cpuset.mems']) writeFileSync(join(own, file), '\n');
    return own;
  };
  // In version 2 a group of which nothing is written has all that is above it.
  const cpus = (own: string): readonly number[] => {
    const [written = ''] = readFileSync(join(own, 'cpuset.cpus'), 'utf8').split('\n');
    return processorsIn(written === '' && version === 2 ? all : written);
  };
  return { sets, group, cpus, folder };
}

test('lists of the kernel are read', () => {
  expect(processorsIn('0-2,8\n')).toEqual([0, 1, 2, 8]);
  expect(processorsIn('\n')).toEqual([]);
});

test.each([1, 2] as const)('who has processors of its own is alone on them, and they are everybody’s afterwards (version %s)', (version) => {
  const { sets, group, cpus, folder } = place(version, '0-3');
  const [one, other, late] = [group('1'), group('2'), group('3')];
  expect([sets.enter(one), sets.enter(other)]).toEqual([true, true]);
  expect(cpus(one)).toEqual([0, 1, 2, 3]);
  expect(readFileSync(join(one, 'cpuset.mems'), 'utf8').trim()).toBe(version === 1 ? '0' : '');
  expect(sets.claim(one, 2)).toBe(true);
  expect(cpus(one)).toEqual([2, 3]);
  expect(cpus(other)).toEqual([0, 1]);
  expect(sets.enter(late)).toBe(true);
  expect(cpus(late)).toEqual([0, 1]);
  expect(sets.claim(other, 3)).toBe(false);
  expect(cpus(other)).toEqual([0, 1]);
  sets.leave(one);
  expect([cpus(other), cpus(late)]).toEqual([
    [0, 1, 2, 3],
    [0, 1, 2, 3],
  ]);
  expect(sets.claim(join(folder, 'never-entered'), 1)).toBe(false);
});

test('whatever comes and goes, no processor has an owner beside others that run there', () => {
  const step = fc.record({ what: fc.constantFrom('enter', 'claim', 'release', 'leave'), who: fc.nat(3), count: fc.integer({ min: 1, max: 3 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const { sets, group, cpus, folder } = place(1, '0-3');
      const there = new Map<number, string>();
      const owners = new Set<number>();
      for (const { what, who, count } of steps) {
        const own = there.get(who);
        if (what === 'enter' && own === undefined) {
          const made = group(String(who));
          expect(sets.enter(made)).toBe(true);
          there.set(who, made);
        } else if (own !== undefined && what === 'claim') {
          if (sets.claim(own, count)) owners.add(who);
        } else if (own !== undefined && what === 'release') {
          sets.release(own);
          owners.delete(who);
        } else if (own !== undefined && what === 'leave') {
          sets.leave(own);
          rmSync(own, { recursive: true });
          there.delete(who);
          owners.delete(who);
        }
        for (const one of owners) {
          for (const [other, its] of there) {
            if (other === one) continue;
            const both = cpus(its).filter((processor) => cpus(there.get(one) ?? folder).includes(processor));
            // Only who has no task can be there when nothing is left: no scheduler lets another one begin.
            const isNothingLeft = [...owners].reduce((sum, owner) => sum + cpus(there.get(owner) ?? folder).length, 0) === 4;
            if (!isNothingLeft || owners.has(other)) expect(both).toEqual([]);
          }
        }
      }
    }),
    { numRuns: 60 },
  );
});
