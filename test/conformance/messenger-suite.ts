/** What every implementation of Messenger must do. Each one brings a laboratory that makes nodes and lets time pass. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { Startable } from '../../daemon/startable.ts';
import type { Messenger, Protocol } from '../../daemon/wire/messenger.ts';
import { frameOverheadBytes } from '../../daemon/wire/protocols.ts';
import { SupervmError } from '../../src/model/errors.ts';

export type TestNode = Messenger & Startable;

export interface MessengerLab {
  /** A node that is not started. Nodes of one cluster that started and met are connected after a while. */
  create(cluster: 'ours' | 'foreign'): Promise<TestNode>;
  /** Resolves when each of the two had the chance to dial the other. */
  meet(one: TestNode, other: TestNode): Promise<void>;
  /** Lets time pass until the predicate holds; it is looked at again whenever `record` grows. */
  until(predicate: () => boolean, record: Happenings): Promise<void>;
  /** Lets time pass until the promise settles. */
  settled<T>(promise: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Everything that happened to a node, in order; tests wait for it to grow. */
export class Happenings {
  readonly entries: string[] = [];
  readonly #watchers: (() => void)[] = [];
  add(entry: string): void {
    this.entries.push(entry);
    for (const watcher of this.#watchers) watcher();
  }
  watch(watcher: () => void): void {
    this.#watchers.push(watcher);
  }
}

interface Note {
  readonly text: string;
  readonly bytes?: Uint8Array | undefined;
}
const note = z.strictObject({ text: z.string(), bytes: z.instanceof(Uint8Array).optional(), kind: z.literal('note').optional() });
const notes: Protocol<Note, Note, Note> = { id: '/supervm-test/notes/1', message: note, request: note, reply: note, maximumBytes: 1024 * 1024 };
const small: Protocol<Note, Note, Note> = { ...notes, id: '/supervm-test/small/1', maximumBytes: 1000 };
const missing: Protocol<Note, Note, Note> = { ...notes, id: '/supervm-test/missing/1' };
const anything = { parse: (body: unknown) => body };
/** What a peer of any other version, or with a defect, may say. */
const rude: Protocol<unknown, unknown, unknown> = { ...notes, message: anything, request: anything, reply: anything };

export function messengerSuite(name: string, createLab: () => Promise<MessengerLab>): void {
  describe(`${name} is a Messenger`, () => {
    let lab: MessengerLab;
    beforeEach(async () => {
      lab = await createLab();
    });
    afterEach(() => lab.close());

    async function node(cluster: 'ours' | 'foreign' = 'ours'): Promise<{ node: TestNode; record: Happenings }> {
      const created = await lab.create(cluster);
      const record = new Happenings();
      created.onPeer((event) => {
        expect(created.connected().includes(event.peer)).toBe(event.type === 'connected');
        record.add(`${event.type} ${event.peer}`);
      });
      created.serve(notes, {
        onMessage: (from, message) => record.add(`${from} said ${message.text}${message.bytes === undefined ? '' : ` +${message.bytes.length}`}`),
        onRequest: async (from, request) => {
          record.add(`${from} asked ${request.text}`);
          if (request.text === 'fail') throw new Error('it failed on purpose');
          if (request.text === 'refuse') throw new SupervmError('disk-full', 'there is no room', 'Make some.');
          if (request.text === 'hang') await new Promise(() => undefined);
          if (request.text === 'newer') return { kind: 'picture' } as unknown as Note;
          return { text: `re: ${request.text}`, bytes: request.bytes };
        },
      });
      created.serve(small, { onRequest: async () => ({ text: 'x'.repeat(2000) }) });
      return { node: created, record };
    }

    async function pair() {
      const [a, b] = [await node(), await node()];
      await Promise.all([a.node.start(), b.node.start()]);
      await join(a, b);
      return { a, b };
    }

    async function join(a: Awaited<ReturnType<typeof node>>, b: Awaited<ReturnType<typeof node>>) {
      await lab.meet(a.node, b.node);
      await lab.until(() => a.node.connected().includes(b.node.self), a.record);
      await lab.until(() => b.node.connected().includes(a.node.self), b.record);
    }

    test('two nodes that meet see each other, each once', async () => {
      const { a, b } = await pair();
      expect(a.record.entries).toEqual([`connected ${b.node.self}`]);
      expect(b.record.entries).toEqual([`connected ${a.node.self}`]);
      expect(a.node.connected()).toEqual([b.node.self]);
    });

    test('messages arrive in the order sent, small and large mixed', async () => {
      const { a, b } = await pair();
      const sizes = Array.from({ length: 60 }, (_, index) => (index % 7 === 0 ? 200_000 : index));
      for (const [index, size] of sizes.entries()) a.node.send(b.node.self, notes, { text: String(index), bytes: new Uint8Array(size) });
      await lab.until(() => b.record.entries.length === 1 + sizes.length, b.record);
      expect(b.record.entries.slice(1)).toEqual(sizes.map((size, index) => `${a.node.self} said ${index} +${size}`));
    });

    test('requests of both sides are answered, each with its own reply', async () => {
      const { a, b } = await pair();
      const asked = Array.from({ length: 40 }, (_, index) => {
        const [from, to] = index % 2 === 0 ? [a, b] : [b, a];
        return from.node.request(to.node.self, notes, { text: String(index), bytes: Uint8Array.of(index) }, 5000);
      });
      expect(await lab.settled(Promise.all(asked))).toEqual(asked.map((_, index) => ({ text: `re: ${index}`, bytes: Uint8Array.of(index) })));
    });

    test('a service that throws refuses, in its own words', async () => {
      const { a, b } = await pair();
      const refused = lab.settled(a.node.request(b.node.self, notes, { text: 'fail' }, 5000));
      await expect(refused).rejects.toMatchObject({ code: 'peer-refused', message: expect.stringContaining('it failed on purpose') });
      expect(a.node.connected()).toEqual([b.node.self]);
    });

    test('what a service throws for people is the cause of its refusal', async () => {
      const { a, b } = await pair();
      const refused = lab.settled(a.node.request(b.node.self, notes, { text: 'refuse' }, 5000));
      await expect(refused).rejects.toMatchObject({ code: 'peer-refused', cause: { code: 'disk-full', message: 'there is no room', hint: 'Make some.' } });
    });

    test('a request that nobody serves is refused', async () => {
      const { a, b } = await pair();
      const refused = lab.settled(a.node.request(b.node.self, missing, { text: 'hello' }, 5000));
      await expect(refused).rejects.toMatchObject({ code: 'peer-other-version' });
      a.node.send(b.node.self, missing, { text: 'lost' });
      expect(await lab.settled(a.node.request(b.node.self, notes, { text: 'after' }, 5000))).toMatchObject({ text: 're: after' });
    });

    test('a request without an answer ends at its time-out', async () => {
      const { a, b } = await pair();
      await expect(lab.settled(a.node.request(b.node.self, notes, { text: 'hang' }, 50))).rejects.toMatchObject({ code: 'peer-unreachable' });
      expect(a.node.connected()).toEqual([b.node.self]);
    });

    test('a node nobody knows is unreachable, and messages to it are dropped', async () => {
      const { a } = await pair();
      a.node.send('nobody', notes, { text: 'lost' });
      await expect(lab.settled(a.node.request('nobody', notes, { text: 'hello' }, 5000))).rejects.toMatchObject({ code: 'peer-unreachable' });
    });

    test('a node that stops is reported, and what waited for it fails at once', async () => {
      const { a, b } = await pair();
      const waiting = a.node.request(b.node.self, notes, { text: 'hang' }, 3_600_000);
      const failed = expect(waiting).rejects.toMatchObject({ code: 'peer-unreachable' });
      await lab.until(() => b.record.entries.length === 2, b.record);
      await lab.settled(b.node.stop());
      await lab.until(() => a.record.entries.includes(`disconnected ${b.node.self}`), a.record);
      await failed;
      expect(a.node.connected()).toEqual([]);
    });

    test('bodies up to the limit of a frame pass, one byte more is refused where it starts', async () => {
      const { a, b } = await pair();
      const room = notes.maximumBytes - frameOverheadBytes - JSON.stringify({ text: 'big' }).length;
      const reply = await lab.settled(a.node.request(b.node.self, notes, { text: 'big', bytes: new Uint8Array(room - 4) }, 10_000));
      expect(reply.bytes?.length).toBe(room - 4);
      a.node.send(b.node.self, notes, { text: 'big', bytes: new Uint8Array(room) });
      await lab.until(() => b.record.entries.includes(`${a.node.self} said big +${room}`), b.record);
      expect(() => a.node.send(b.node.self, notes, { text: 'big', bytes: new Uint8Array(room + 1) })).toThrow(/limit/);
      await expect(a.node.request(b.node.self, notes, { text: 'big', bytes: new Uint8Array(room + 1) }, 1000)).rejects.toThrow(/limit/);
    });

    test('a reply over the limit becomes a refusal', async () => {
      const { a, b } = await pair();
      await expect(lab.settled(a.node.request(b.node.self, small, { text: 'much' }, 5000))).rejects.toMatchObject({ code: 'peer-refused' });
    });

    test.each(['message', 'request'])('a %s that breaks its schema cuts its sender and nobody else', async (kind) => {
      const { a, b } = await pair();
      const c = await node();
      await c.node.start();
      await join(c, b);
      if (kind === 'message') a.node.send(b.node.self, rude, { text: 7 });
      else a.node.request(b.node.self, rude, { text: 7, extra: true }, 5000).catch((error: Error) => a.record.add(`failed ${error.name}`));
      await lab.until(() => b.record.entries.includes(`disconnected ${a.node.self}`), b.record);
      expect(b.record.entries.filter((entry) => entry.includes('said') || entry.includes('asked'))).toEqual([]);
      expect(await lab.settled(c.node.request(b.node.self, notes, { text: 'still here' }, 5000))).toMatchObject({ text: 're: still here' });
      expect(c.record.entries).not.toContain(`disconnected ${b.node.self}`);
    });

    test('what only a newer version says is passed over, and its connection stays', async () => {
      const { a, b } = await pair();
      a.node.send(b.node.self, rude, { text: 'one', colour: { hue: 3 } });
      a.node.send(b.node.self, rude, { kind: 'picture', text: 7 });
      const lacking = lab.settled(a.node.request(b.node.self, rude, { kind: 'picture' }, 5000));
      await expect(lacking).rejects.toMatchObject({ code: 'peer-other-version', message: expect.stringContaining('picture') });
      expect(await lab.settled(a.node.request(b.node.self, rude, { text: 'two', colour: 'red' }, 5000))).toEqual({ text: 're: two' });
      expect(b.record.entries).toEqual([`connected ${a.node.self}`, `${a.node.self} said one`, `${a.node.self} asked two`]);
      expect(a.node.connected()).toEqual([b.node.self]);
    });

    test('an answer that only a newer version gives fails its request alone', async () => {
      const { a, b } = await pair();
      const newer = lab.settled(a.node.request(b.node.self, notes, { text: 'newer' }, 5000));
      await expect(newer).rejects.toMatchObject({ code: 'peer-other-version' });
      expect(await lab.settled(a.node.request(b.node.self, notes, { text: 'after' }, 5000))).toMatchObject({ text: 're: after' });
      expect(a.record.entries).toEqual([`connected ${b.node.self}`]);
    });

    test('a node with another cluster key is never seen', async () => {
      const { a, b } = await pair();
      const stranger = await node('foreign');
      await stranger.node.start();
      await lab.meet(stranger.node, a.node);
      await lab.meet(a.node, stranger.node);
      expect(stranger.record.entries).toEqual([]);
      expect(stranger.node.connected()).toEqual([]);
      expect(a.node.connected()).toEqual([b.node.self]);
      expect(await lab.settled(a.node.request(b.node.self, notes, { text: 'unharmed' }, 5000))).toMatchObject({ text: 're: unharmed' });
    });

    test('a protocol is served once, and only before the start', async () => {
      const { node: fresh } = await node();
      expect(() => fresh.serve(notes, {})).toThrow(/twice/);
      await fresh.start();
      expect(() => fresh.serve(missing, {})).toThrow(/after/);
    });
  });
}
