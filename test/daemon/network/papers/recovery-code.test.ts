import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatRecoveryCode, recoveryKey } from '../../../../daemon/network/papers/recovery-code.ts';

const secret = fc.stringMatching(/^[0-9a-f]{32}$/);

test('a code is worth the same key however it is written down', () => {
  fc.assert(
    fc.property(secret, (one) => {
      const code = formatRecoveryCode(one);
      expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/);
      const { id } = recoveryKey(code);
      expect(recoveryKey(` ${code.toLowerCase().replaceAll('-', ' ')}\n`).id).toBe(id);
      expect(recoveryKey(code.replaceAll('0', 'O').replaceAll('1', 'l')).id).toBe(id);
      expect(recoveryKey(formatRecoveryCode(one.startsWith('0') ? `1${one.slice(1)}` : `0${one.slice(1)}`)).id).not.toBe(id);
    }),
    { numRuns: 50 },
  );
});

test('one wrong letter is noticed, but for one in four thousand; more or fewer always', () => {
  const codes = fc.sample(secret, { numRuns: 300, seed: 7 }).map(formatRecoveryCode);
  const taken = codes.filter((code, place) => {
    const at = (place * 5) % code.length;
    if (code[at] === '-') return false;
    try {
      recoveryKey(code.slice(0, at) + (code[at] === 'X' ? 'Y' : 'X') + code.slice(at + 1));
      return true;
    } catch {
      return false;
    }
  });
  expect(taken.length).toBeLessThanOrEqual(1);
  for (const code of codes.slice(0, 20)) {
    for (const bad of [code.slice(1), `${code}0`, '', code.replace(/^./, 'U'), code.repeat(20_000)]) expect(() => recoveryKey(bad)).toThrow('no recovery code');
  }
});
