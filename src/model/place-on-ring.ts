/** FNV-1a: spreads names around a ring, the same everywhere; nothing secret about it. */
export function placeOnRing(name: string): number {
  let hash = 2166136261;
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 16777619) >>> 0;
  return hash;
}
