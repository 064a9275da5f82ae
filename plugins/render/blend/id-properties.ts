/** Custom properties (ID properties): Cycles keeps its settings in the group `cycles` of a scene and of its view layers. */
import { type BlendRecord, numberAt, pointerAt, textAt } from './record.ts';

/** More siblings than any real group has: a list that runs in a circle ends. */
const siblingLimit = 1000;

type Parts = ReadonlyMap<bigint, BlendRecord>;

function* children(group: BlendRecord | undefined, parts: Parts): Generator<BlendRecord> {
  let child = group === undefined ? undefined : parts.get(pointerAt(group, 'data.group.first'));
  for (let count = 0; child !== undefined && count < siblingLimit; count += 1) {
    yield child;
    child = parts.get(pointerAt(child, 'next'));
  }
}

function childNamed(group: BlendRecord | undefined, parts: Parts, name: string): BlendRecord | undefined {
  return children(group, parts).find((child) => textAt(child, 'name') === name);
}

/** A whole number or truth value at `path` below one of the property groups that `pointers` name (Blender 5 keeps add-ons' own ones apart). */
export function propertyNumber(owner: BlendRecord, parts: Parts, pointers: readonly string[], path: readonly [string, string]): number | undefined {
  for (const pointer of pointers) {
    const group = childNamed(parts.get(pointerAt(owner, pointer)), parts, path[0]);
    const property = childNamed(group, parts, path[1]);
    if (property !== undefined) return numberAt(property, 'data.val');
  }
  return undefined;
}
