import { expect, test } from 'vitest';
import { createMemoryNetwork } from '../../../daemon/network/memory-network.ts';
import { withLoopback } from '../../../daemon/wire/loopback.ts';
import type { Protocol } from '../../../daemon/wire/messenger.ts';
import { seededRandomness } from '../../support/seeded-randomness.ts';
import { settle, VirtualClock } from '../../support/virtual-clock.ts';

const text = { parse: (body: unknown) => String(body) };
const echo: Protocol<string, string, string> = { id: '/test/echo/1', message: text, request: text, reply: text, maximumBytes: 1000 };

async function twoNodes() {
  const clock = new VirtualClock();
  const network = createMemoryNetwork({ clock, randomness: seededRandomness(1) });
  const nodes = ['a', 'b'].map((id) => {
    const node = network.join(id);
    const messenger = withLoopback(node);
    const heard: string[] = [];
    messenger.serve(echo, {
      onMessage: (from, message) => void heard.push(`${message} from ${from}`),
      onRequest: async (from, request) => {
        if (request === 'no') throw new Error('I will not');
        return `${request} for ${from}`;
      },
    });
    return { node, messenger, heard };
  });
  for (const { node } of nodes) await node.start();
  await clock.advance(100);
  const [a, b] = nodes;
  if (a === undefined || b === undefined) throw new Error('two nodes');
  return { clock, a, b };
}

test('a node reaches itself and others in the same way', async () => {
  const { clock, a, b } = await twoNodes();
  for (const to of ['a', 'b']) a.messenger.send(to, echo, 'hello');
  const answers = Promise.all(['a', 'b'].map((to) => a.messenger.request(to, echo, 'yes', 1000)));
  await clock.advance(100);
  expect([...a.heard, ...b.heard]).toEqual(['hello from a', 'hello from a']);
  expect(await answers).toEqual(['yes for a', 'yes for a']);
});

test('whoever sends to itself is not called back before it has finished', async () => {
  const { a } = await twoNodes();
  a.messenger.send('a', echo, 'hello');
  expect(a.heard).toEqual([]);
  await settle();
  expect(a.heard).toHaveLength(1);
});

test('its own refusal reads like a peer’s', async () => {
  const { a } = await twoNodes();
  await expect(a.messenger.request('a', echo, 'no', 1000)).rejects.toMatchObject({ code: 'peer-refused', message: 'I will not' });
  await expect(a.messenger.request('a', { ...echo, id: '/test/other/1' }, 'yes', 1000)).rejects.toMatchObject({ code: 'peer-other-version' });
});
