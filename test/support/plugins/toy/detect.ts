import type { Detect } from '../../../../src/plugin/job-type.ts';

/** Finds the system's own tools: one that is there, one that hangs, one that is not there. */
export const detect: Detect = async ({ execute }) => {
  const sort = await execute('sort', ['--version'], 5000);
  const hanging = await execute('sleep', ['1000'], 50);
  const missing = await execute('no-such-program', [], 1000);
  const version = /(\d+\.\d+)/.exec(sort.stdout)?.[1];
  if (sort.exitCode !== 0 || version === undefined) return [];
  return [{ name: 'sort', version, path: '/usr/bin/sort', features: [`sleep:${hanging.exitCode}`, `missing:${missing.exitCode}`] }];
};
