/**
 * Noise that tells which process answers, before libp2p ends a connection to this node's own key; and without what it wastes on small
 * messages: it hands the two bytes of a length and the rest to the socket one after
 * the other, which are two system calls and two packets, and it makes an Error whenever all that came has been read.
 */
import { noise } from '@chainsafe/libp2p-noise';
import type { Prologue } from './cluster-key.ts';

type Encrypter = ReturnType<ReturnType<typeof noise>>;

/** Of the connection below, besides what libp2p says of it. */
interface Writing {
  sendData(pieces: Iterable<Uint8Array>): unknown;
}

/** Of the encrypted connection, besides what libp2p says of it. */
interface Reading {
  readonly decoder: { lengthDecoder: LengthDecoder };
}

type LengthDecoder = (read: { readonly length: number }) => number;

const lengthBytes = 2;
const incomplete = new RangeError('the length has not come yet');

export interface LeanNoiseOptions {
  readonly prologue: Prologue;
  /** Of this process. Carried by the one extension that noise has for bytes, which is of no use over TCP. */
  readonly life: string;
  /** Whoever answered at this address, as libp2p writes it, is this very process. */
  metOwnLife(address: string): void;
}

export function leanNoise({ prologue, life, metOwnLife }: LeanNoiseOptions): (components: Parameters<ReturnType<typeof noise>>[0]) => Encrypter {
  const mark = Buffer.from(life);
  const create = noise({ prologueBytes: prologue.bytes, extensions: { webtransportCerthashes: [mark] } });
  return (components) => {
    // Both sides agree on a secret that they share by its name, as they agree on any protocol.
    const encrypter = Object.assign(create(components), { protocol: prologue.protocol });
    const outbound = encrypter.secureOutbound.bind(encrypter);
    const inbound = encrypter.secureInbound.bind(encrypter);
    encrypter.secureOutbound = async (connection, ...rest) => {
      const secured = await outbound(writeWhole(connection), ...rest);
      const isOwn = secured.remoteExtensions?.webtransportCerthashes.some((bytes) => mark.equals(bytes)) === true;
      if (isOwn && 'remoteAddr' in connection) metOwnLife(String(connection.remoteAddr));
      return readQuietly(secured);
    };
    encrypter.secureInbound = async (connection, ...rest) => readQuietly(await inbound(writeWhole(connection), ...rest));
    return encrypter;
  };
}

function writeWhole<C extends object>(connection: C): C {
  if (isWriting(connection)) {
    const send = connection.sendData.bind(connection);
    connection.sendData = (pieces) => send([Buffer.concat([...pieces])]);
  }
  return connection;
}

function readQuietly<S extends { readonly connection: object }>(secured: S): S {
  const { connection } = secured;
  if (isReading(connection)) {
    const decode = connection.decoder.lengthDecoder;
    connection.decoder.lengthDecoder = (read) => {
      // The decoder knows a RangeError for a sign to wait; one made before costs no look at the stack.
      if (read.length < lengthBytes) throw incomplete;
      return decode(read);
    };
  }
  return secured;
}

function isWriting(connection: object): connection is Writing {
  return 'sendData' in connection && typeof connection.sendData === 'function';
}

function isReading(connection: object): connection is Reading {
  if (!('decoder' in connection)) return false;
  const { decoder } = connection;
  return typeof decoder === 'object' && decoder !== null && 'lengthDecoder' in decoder && typeof decoder.lengthDecoder === 'function';
}
