import { EventEmitter } from 'node:events';
import { beforeEach, expect, test } from 'vitest';
import { askKey, type KeyInput } from '../../../../src/cli/output/ask-key.ts';

class Keys extends EventEmitter implements KeyInput {
  isRaw = false;
  setRawMode(isRaw: boolean): void {
    this.isRaw = isRaw;
  }
  resume(): void {}
  pause(): void {}
}

let now: number;
let keys: Keys;
let shown: string;

beforeEach(() => {
  now = 1000;
  keys = new Keys();
  shown = '';
});

const write = (text: string): void => {
  shown += text;
};
const ask = (): Promise<string> => askKey('Same? ', keys, write, () => now);

test('a key that was pressed before the question could be read answers nothing', async () => {
  const answer = ask();
  keys.emit('data', 'y');
  now += 499;
  keys.emit('data', Buffer.from('yes'));
  now += 1;
  keys.emit('data', 'n');
  expect(await answer).toBe('n');
  expect([shown, keys.isRaw, keys.listenerCount('data')]).toEqual(['Same? n\n', false, 0]);
});

test('Ctrl-C means no at any time', async () => {
  const answer = ask();
  keys.emit('data', 'y\u0003');
  expect(await answer).toBe('');
});
