/** Frames, bodies, and the schemas of all that peers say. */
import * as z from 'zod';
import { blobProtocol } from '../../../daemon/blobs/protocol.ts';
import { electionProtocol } from '../../../daemon/election/protocol.ts';
import { serveNodeControl } from '../../../daemon/http/node-control.ts';
import { createPeerChecks } from '../../../daemon/http/peer-checks.ts';
import { machinesProtocol } from '../../../daemon/machines-protocol.ts';
import { membershipProtocol } from '../../../daemon/membership/protocol.ts';
import { createControlReader, encodeControl } from '../../../daemon/network/hello.ts';
import { reasonOf } from '../../../daemon/network/refusal.ts';
import { recordsProtocol } from '../../../daemon/records/protocol.ts';
import { Reminders } from '../../../daemon/records/reminders.ts';
import { upkeepProtocol } from '../../../daemon/upkeep/protocol.ts';
import { decodeBody, encodeBody } from '../../../daemon/wire/codec.ts';
import { coordinationProtocol } from '../../../daemon/wire/coordination-protocol.ts';
import { createFrameDecoder, encodeFrames } from '../../../daemon/wire/frame.ts';
import type { Protocol } from '../../../daemon/wire/messenger.ts';
import { readBody } from '../../../daemon/wire/read-body.ts';
import { workProtocol } from '../../../daemon/wire/work-protocol.ts';
import { AttemptLogs } from '../../../daemon/worker/attempt-logs.ts';
import type { Decoder } from '../decoder.ts';
import { samplesOf } from '../sample-of.ts';
import { piecesOf } from './tasks.ts';

type Any = Protocol<unknown, unknown, unknown>;

/** Protocols that only the class that serves them knows. */
function servedInside(): readonly Any[] {
  const served: Any[] = [];
  const messenger = { self: 'a', serve: (protocol: Any) => void served.push(protocol), onPeer: () => undefined, connected: () => [] };
  new Reminders({ messenger, logs: { digestAt: () => undefined } } as never);
  new AttemptLogs({ folder: '/nowhere' }, { messenger } as never);
  serveNodeControl({ ending: { pause: () => undefined }, messenger } as never);
  createPeerChecks({ messenger } as never);
  return served;
}

/** Those of the hello come before there are any (`control`). */
export const protocols: readonly Any[] = [
  ...[blobProtocol, coordinationProtocol, electionProtocol, machinesProtocol, membershipProtocol, recordsProtocol, upkeepProtocol, workProtocol].map(
    (one) => one as unknown as Any,
  ),
  ...servedInside(),
];

const nameOf = (protocol: Any): string => protocol.id.split('/')[2] ?? protocol.id;

/** As a peer's body comes: encoded, decoded, and read with what newer versions may say. */
const bodies: readonly Decoder[] = protocols.flatMap((protocol) =>
  (['message', 'request', 'reply'] as const).flatMap((kind): Decoder[] => {
    const schema = protocol[kind];
    const samples = schema instanceof z.ZodType ? samplesOf(schema) : [];
    // A direction that the protocol does not use takes nothing.
    if (samples.length === 0) return [];
    return [
      {
        kind: 'value',
        name: `${nameOf(protocol)}-${kind}`,
        samples,
        run(value) {
          const body = encodeBody(value);
          // More no frame carries.
          return body.length > protocol.maximumBytes ? undefined : readBody(protocol[kind], decodeBody(body));
        },
      },
    ];
  }),
);

const hello = {
  ...{ kind: 'hello' as const, wire: 1, node: 'a', cluster: 'c'.repeat(64), host: 'h', incarnation: 1, life: '00', addresses: ['10.0.0.1:1'] },
  beats: { port: 1, slot: 1, key: 'k'.repeat(43) },
};

export const wireDecoders: readonly Decoder[] = [
  {
    kind: 'bytes',
    name: 'frames',
    samples: [
      encodeFrames([
        { type: 0, id: 0, body: encodeBody({ a: 1 }) },
        { type: 1, id: 7, body: encodeBody({ a: 1, bytes: new Uint8Array(9) }) },
      ]),
    ],
    run(bytes) {
      const decoder = createFrameDecoder(64 * 1024);
      for (const piece of piecesOf(bytes, 7)) for (const { body } of decoder.push(piece)) decodeBody(body);
    },
  },
  { kind: 'bytes', name: 'bodies', samples: [encodeBody({ a: ['b', 1, null] }), encodeBody({ a: 1, bytes: new Uint8Array(9) })], run: decodeBody },
  {
    kind: 'bytes',
    name: 'control',
    samples: [encodeControl(hello), encodeControl({ kind: 'refused', reason: 'no', rival: { host: 'h', address: 'a' } }), encodeControl({ kind: 'ping' })],
    run: (bytes) => createControlReader()(bytes),
  },
  {
    kind: 'value',
    name: 'refusals',
    samples: [
      { message: 'no', error: 'usage', hint: 'h' },
      { message: 'no', code: 'unknown' },
    ],
    run: reasonOf,
  },
  ...bodies,
];
