/** Pictures and movies of the video sequencer. */
import type { Datablock } from './datablocks.ts';
import { elementsOf, numberAt, pointerAt, textAt } from './record.ts';
import type { Reference } from './reference.ts';

const stripTypes = { image: 0, movie: 3 } as const;

/** Structs that `stripReferences` reads. */
export const stripParts = ['Sequence', 'Strip', 'StripData', 'StripElem'] as const;

function joined(folder: string, name: string): string {
  return folder === '' || /[\\/]$/.test(folder) ? `${folder}${name}` : `${folder}/${name}`;
}

/** Those of a scene. Blender 5 renamed `Sequence` to `Strip` and `Strip` to `StripData`. */
export function stripReferences(scene: Datablock): Reference[] {
  const stripName = scene.record.catalogue.byName.has('StripData') ? 'Strip' : 'Sequence';
  const strips = [...scene.parts.values()].filter((part) => part.struct.name === stripName);
  return strips.flatMap((strip) => {
    const type = numberAt(strip, 'type');
    if (type !== stripTypes.image && type !== stripTypes.movie) return [];
    const content = scene.parts.get(pointerAt(strip, 'strip')) ?? scene.parts.get(pointerAt(strip, 'data'));
    const elements = content === undefined ? undefined : scene.parts.get(pointerAt(content, 'stripdata'));
    if (content === undefined || elements === undefined) return [];
    const folder = textAt(content, 'dir') ?? textAt(content, 'dirpath') ?? '';
    const names = elementsOf(elements).map((element) => textAt(element, 'name') ?? textAt(element, 'filename') ?? '');
    const owner = (textAt(strip, 'name') ?? '').slice(2);
    const wanted = (type === stripTypes.movie ? names.slice(0, 1) : names).filter((name) => name !== '');
    return wanted.map((name, place) => {
      const reference: Reference = { kind: 'strip', owner, path: joined(folder, name), form: 'file', needed: true };
      // All pictures of a strip lie in one folder.
      return place === 0 ? reference : { ...reference, isCarried: true };
    });
  });
}
