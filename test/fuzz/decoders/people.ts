/** What people and programs say to the daemon: HTTP, flags, files of settings. */
import { parseParts } from '../../../daemon/http/parse-parts.ts';
import { manifest } from '../../../plugins/render/manifest.ts';
import { readEvents } from '../../../src/api/event-stream.ts';
import type { RouteName } from '../../../src/api/requests.ts';
import { schemas } from '../../../src/api/schemas.ts';
import { parseFrames } from '../../../src/model/frame-range.ts';
import { pathDefect, portableDefect } from '../../../src/model/relative-path.ts';
import { checkManifest } from '../../../src/plugin/check-manifest.ts';
import { checkSettings } from '../../../src/plugin/check-settings.ts';
import { resolveSettings } from '../../../src/settings/daemon-settings.ts';
import type { Decoder } from '../decoder.ts';
import { samplesOf } from '../sample-of.ts';

const routes: readonly Decoder[] = Object.entries(schemas).map(
  ([name, parts]): Decoder => ({
    kind: 'value',
    name: `http-${name}`,
    samples: samplesOf(parts.body).flatMap((body) =>
      samplesOf(parts.params).flatMap((params) => samplesOf(parts.query).map((query) => ({ params, query, body }))),
    ),
    run: (value) => parseParts<RouteName>(parts, (typeof value === 'object' && value !== null ? value : {}) as never),
  }),
);

const settings = { sceneFile: '/a.blend', frames: '1-10', engine: 'cycles', resolution: '50%' };

export const peopleDecoders: readonly Decoder[] = [
  ...routes,
  {
    kind: 'text',
    name: 'event-streams',
    samples: ['event: job\ndata: {"a":1}\n\n: alive\n\nevent: end\ndata: {}\n\n'],
    async run(text) {
      async function* chunks(): AsyncGenerator<string> {
        const size = Math.max(5, Math.ceil(text.length / 200));
        for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
      }
      for await (const { event } of readEvents(chunks())) if (typeof event !== 'string') throw new Error('Cannot read: an event without a name');
    },
  },
  { kind: 'text', name: 'frame-ranges', samples: ['1-100', '1,5,10-50:2', '-5-5', '1-1000000:7'], run: parseFrames },
  { kind: 'text', name: 'relative-paths', samples: ['a/b.png', 'a/../b', 'con.txt', 'a/ü'], run: (text) => [pathDefect(text), portableDefect(text)] },
  {
    kind: 'value',
    name: 'job-settings',
    samples: [settings],
    run: (value) => checkSettings(manifest, (typeof value === 'object' && value !== null ? value : {}) as never, (path) => path),
  },
  { kind: 'value', name: 'manifests', samples: [manifest], run: (value) => checkManifest(value, 'render') },
  {
    kind: 'value',
    name: 'daemon-settings',
    samples: [{ flags: { name: 'n', listen: ['0.0.0.0:1'] }, variables: { SUPERVM_NAME: 'm' }, file: { peer: ['a:1'], discovery: false } }],
    run(value) {
      const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, Record<string, unknown>>;
      const part = (name: string): never => (typeof given[name] === 'object' && given[name] !== null ? given[name] : {}) as never;
      // Flags come from the command line, checked by it; variables are texts.
      const variables = Object.fromEntries(Object.entries(part('variables')).filter(([, text]) => typeof text === 'string'));
      resolveSettings({}, variables as never, part('file'), 'config.json');
    },
  },
];
