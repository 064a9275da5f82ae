/** Every decoder of the project. */
import type { Decoder } from '../decoder.ts';
import { archiveDecoders } from './archives.ts';
import { commandLineDecoders } from './command-line.ts';
import { dataDecoders } from './data.ts';
import { doorDecoders } from './door.ts';
import { homeDecoders } from './home.ts';
import { networkDecoders } from './network.ts';
import { papersDecoders } from './papers.ts';
import { peopleDecoders } from './people.ts';
import { renderDecoders } from './render.ts';
import { systemDecoders } from './system.ts';
import { taskDecoders } from './tasks.ts';
import { wireDecoders } from './wire.ts';

export const decoders: readonly Decoder[] = [
  ...[...wireDecoders, ...networkDecoders, ...papersDecoders, ...dataDecoders, ...taskDecoders, ...homeDecoders],
  ...[...doorDecoders, ...peopleDecoders, ...commandLineDecoders, ...systemDecoders, ...renderDecoders, ...archiveDecoders],
];
