/** Every decoder of the project. */
import type { Decoder } from '../decoder.ts';
import { dataDecoders } from './data.ts';
import { networkDecoders } from './network.ts';
import { peopleDecoders } from './people.ts';
import { renderDecoders } from './render.ts';
import { wireDecoders } from './wire.ts';

export const decoders: readonly Decoder[] = [...wireDecoders, ...networkDecoders, ...dataDecoders, ...peopleDecoders, ...renderDecoders];
