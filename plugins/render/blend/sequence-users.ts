/** Which pictures of an image sequence are shown at which frame: told by the nodes and textures that show it. */
import type { Datablock } from './datablocks.ts';
import { type BlendRecord, elementsOf, numberAt, pointerAt } from './record.ts';
import type { ShownPictures } from './reference.ts';

export interface SequenceUser extends ShownPictures {
  /** Address of the image. */
  readonly image: bigint;
}

/** Structs that `sequenceUsersOf` reads: nodes, and what nodes of pictures keep. */
export const userParts = ['ImageUser', 'NodeTexEnvironment', 'NodeTexImage', 'bNode'] as const;

/** Blender looks at the frame only where the user wants the picture renewed. */
const renewed = 1 << 0;

/** `prefix`: where in the record the settings lie. */
function userOf(record: BlendRecord, prefix: string, image: bigint): SequenceUser[] {
  const count = numberAt(record, `${prefix}frames`) ?? 0;
  const first = numberAt(record, `${prefix}sfra`);
  const isRenewed = ((numberAt(record, `${prefix}flag`) ?? 0) & renewed) !== 0;
  if (image === 0n || count < 1 || first === undefined || !isRenewed) return [];
  return [{ image, first, count, offset: numberAt(record, `${prefix}offset`) ?? 0, isCyclic: (numberAt(record, `${prefix}cycl`) ?? 0) !== 0 }];
}

/** Nodes of one datablock that are looked at: the largest trees have some thousand. */
const mostNodes = 20_000;

/** Those in the node tree of a datablock, or of a texture itself. */
export function sequenceUsersOf({ code, record, parts }: Datablock): SequenceUser[] {
  if (code === 'TE') return userOf(record, 'iuser.', pointerAt(record, 'ima'));
  const nodes = [...parts.values()].filter(({ struct }) => struct.name === 'bNode').flatMap(elementsOf);
  return nodes.slice(0, mostNodes).flatMap((node) => {
    const kept = parts.get(pointerAt(node, 'storage'));
    if (kept === undefined) return [];
    return userOf(kept, kept.struct.name === 'ImageUser' ? '' : 'iuser.', pointerAt(node, 'id'));
  });
}

/** Without the image. */
export function shownOf({ first, count, offset, isCyclic }: SequenceUser): ShownPictures {
  return { first, count, offset, isCyclic };
}
