/** What tasks and the programs in them say, on its way through the launcher to a log and to the daemon. */
import { Readable } from 'node:stream';
import { LineReader } from '../../../daemon/worker/launcher/line-reader.ts';
import { Mask, masked } from '../../../daemon/worker/launcher/mask.ts';
import { readAnswer } from '../../../daemon/worker/session-answers.ts';
import { eachLine } from '../../../plugins/render/bounded-lines.ts';
import { detect } from '../../../plugins/render/detect.ts';
import { type Decoder, isRefusal } from '../decoder.ts';

const answers = [{ type: 'ready' }, { type: 'log', line: 'x' }, { type: 'done', id: 1, outputs: [{ path: 'a', size: 1 }], process: 3, warnings: ['w'] }].map(
  (answer) => JSON.stringify(answer),
);
const secrets = ['correct horse battery staple', 'line one of it\nline two of it', 'aaaab'];

/** In pieces, as a pipe gives them. */
export function piecesOf(bytes: Uint8Array, smallest: number): readonly Uint8Array[] {
  const size = Math.max(smallest, Math.ceil(bytes.length / 200));
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, place) => bytes.subarray(place * size, (place + 1) * size));
}

const withoutEnds = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('latin1')
    .replaceAll(/[\r\n]/g, '');

export const taskDecoders: readonly Decoder[] = [
  {
    kind: 'bytes',
    name: 'session-lines',
    samples: [Buffer.from(`${answers.join('\n')}\n`)],
    run(bytes) {
      const reader = new LineReader();
      const lines = piecesOf(bytes, 5).flatMap((piece) => reader.read(piece));
      // More ends the session (launcher/kept-process.ts).
      for (const line of lines.slice(0, 64)) {
        try {
          readAnswer(line);
        } catch (error) {
          if (!isRefusal(error)) throw error;
        }
      }
    },
  },
  {
    kind: 'bytes',
    name: 'masked-output',
    samples: secrets.map((secret) => Buffer.from(`the key is ${secret}, ${JSON.stringify(secret)}\n${secret.slice(0, 9)}\r\n${secret.slice(9)}`)),
    run(bytes) {
      const mask = new Mask(secrets);
      const shown = Buffer.concat([...piecesOf(bytes, 3).map((piece) => mask.take(piece)), mask.end()]);
      if (secrets.some((secret) => withoutEnds(shown).includes(secret.replaceAll('\n', '')))) throw new Error('Cannot read: a secret is shown');
    },
  },
  { kind: 'text', name: 'masks', samples: secrets, run: (text) => masked([text, ...text.split('\n')], `${text} ${text.slice(1)}`) },
  {
    kind: 'bytes',
    name: 'program-lines',
    samples: [Buffer.from('Fra:1 Mem:1M\r\nSaved\rSaving\nü\n')],
    async run(bytes) {
      const stream = Readable.from(piecesOf(bytes, 9).map((piece) => Buffer.from(piece)));
      eachLine(stream, 64, (line) => {
        if (line.length > 64 + 64) throw new Error('Cannot read: a line beyond its bound');
      });
      await new Promise<void>((resolve, reject) => stream.once('end', resolve).once('error', reject));
    },
  },
  {
    kind: 'text',
    name: 'blender-detections',
    samples: ['Blender 3.4.1\nsupervm-blender {"version":"3.4.1","path":"/usr/bin/blender","cycles":true,"denoise":false}\nsupervm-blender {"drawing":true}\n'],
    run: (text) => detect({ execute: async () => ({ stdout: text, exitCode: 0 }) }),
  },
];
