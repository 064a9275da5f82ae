/**
 * The first words on every connection, on a stream of their own that stays open. The side that dialled says hello, the
 * other answers with its own or refuses, the first says ready; only then is anything else served. Later this stream
 * carries a ping when a peer has been silent for long, and the bye of a node that stops.
 */
import * as z from 'zod';
import { decodeBody, encodeBody } from '../wire/codec.ts';
import { createFrameDecoder, encodeFrames, frameTypes } from '../wire/frame.ts';
import { readBody } from '../wire/read-body.ts';
import type { BeatOffer } from './beats/beat-messages.ts';
import { papersSchema } from './papers/papers-shown.ts';
import { memberRemovedSchema } from './papers/signed-facts.ts';

export const helloProtocol = '/supervm/hello/1';

/** Version of everything below the protocols; they carry their own in their ids. */
export const wireVersion = 1;

/** The answer of a node that dialled at the same moment and whose connection is the one to keep. */
export const crossing = 'crossing';

/** The answer to a node whose earlier life still has a connection: it is being asked whether it lives. */
export const asking = 'asking whether an earlier connection of this node still lives';

/** Where this node takes heartbeats by UDP on behalf of this connection, how they are marked and with what key they are sealed. */
const beatOffer = z.object({
  port: z.int().min(1).max(65_535),
  slot: z.int().min(0).max(0xffff_ffff),
  key: z.string().length(43),
}) satisfies z.ZodType<BeatOffer>;

const maximumControlBytes = 16 * 1024;

const hello = z.object({
  kind: z.literal('hello'),
  wire: z.int(),
  node: z.string().min(1).max(128),
  cluster: z.string().length(64),
  host: z.string().min(1).max(256),
  incarnation: z.int().min(0),
  /** Drawn at every start: two copies of one home folder may well count the same incarnation. Absent in older versions. */
  life: z.string().min(1).max(64).exactOptional(),
  /** Where the node listens, `host:port`. */
  addresses: z.array(z.string().max(300)).max(32),
  /** Absent where it takes none. */
  beats: beatOffer.exactOptional(),
  /** By which each side sees for itself that the other belongs here. Versions before certificates show none, and are refused. */
  papers: papersSchema.exactOptional(),
});

/** Another live process with the key of the node that is refused. */
const rival = z.object({ host: z.string().max(256), address: z.string().max(300) });

const refused = z.object({
  kind: z.literal('refused'),
  reason: z.string().max(500),
  rival: rival.exactOptional(),
  /** New ones for the node that is refused: it may come again with them. */
  papers: papersSchema.exactOptional(),
  /** The node that is refused was removed; an admin key says so. */
  removal: memberRemovedSchema.exactOptional(),
});

const control = z.discriminatedUnion('kind', [
  hello,
  refused,
  /** The sender's own, which have been renewed, or new ones for the receiver. */
  z.object({ kind: z.literal('papers'), papers: papersSchema }),
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('ping') }),
  z.object({ kind: z.literal('pong') }),
  z.object({ kind: z.literal('bye') }),
]);

export type Hello = z.infer<typeof hello>;
export type Rival = z.infer<typeof rival>;
export type Control = z.infer<typeof control>;
/** Why a connection ends, as the other side is told. */
export type Refusal = Omit<z.infer<typeof refused>, 'kind'>;

export function encodeControl(message: Control): Uint8Array {
  return encodeFrames([{ type: frameTypes.message, id: 0, body: encodeBody(message) }]);
}

/** Takes the stream's chunks; throws on anything that is not a control message, and passes over those that only a newer version knows. */
export function createControlReader(): (chunk: Uint8Array) => Control[] {
  const decoder = createFrameDecoder(maximumControlBytes);
  return (chunk) =>
    decoder.push(chunk).flatMap((frame) => {
      if (frame.type !== frameTypes.message) return [];
      const message = readBody(control, decodeBody(frame.body));
      return message.kind === 'known' ? [message.body] : [];
    });
}

/** Which process says it. */
export function lifeOf({ life, incarnation }: Pick<Hello, 'life' | 'incarnation'>): string {
  return life ?? `incarnation ${incarnation}`;
}

/** Why this hello cannot be accepted; undefined when it can. */
export function faultOf(theirs: Hello, ours: Hello, peer: string): string | undefined {
  if (theirs.wire !== wireVersion) return `it speaks version ${theirs.wire} of the wire, this node speaks ${wireVersion}`;
  if (theirs.cluster !== ours.cluster) return 'it belongs to another cluster';
  if (theirs.node !== peer) return 'it claims the id of another node';
  return undefined;
}
