/** Lines in which Blender admits that something the frame shows could not be read; it renders on and ends well all the same. */
const signs: readonly RegExp[] = [
  /Cannot find lib '/,
  /^(?:Info: )?LIB: .* missing from '/,
  /Unable to open '.*\.blend'/,
  /libraries and \d+ linked data-blocks are missing/,
  /^IMB_\w+: unknown file-?format/i,
  /^(?:IMB_|imb_)\w+: .*(?:failed|corrupt|cannot|could not)/i,
  /GPUTexture: Blender Texture Not Loaded/,
  /Cannot read (?:image|movie|font|volume|file)/i,
];

const nothingMissing = /^Warning: 0 libraries and 0 linked data-blocks are missing/;
const countOfMissing = /libraries and \d+ linked data-blocks are missing/;

/**
 * `pathMap`: paths as the scene writes them that lead elsewhere here. Blender complains of them before they can be moved; what is
 * still missing afterwards it names by its new path.
 */
export function tellsOfWrongFrame(line: string, pathMap: { readonly [written: string]: string } = {}): boolean {
  if (nothingMissing.test(line) || !signs.some((sign) => sign.test(line))) return false;
  const moved = Object.keys(pathMap);
  return moved.length === 0 || !(countOfMissing.test(line) || moved.some((path) => line.includes(`'${path}'`) || line.includes(`(${path})`)));
}

/** Lines said while a picture was read back that mean it is not whole. Blender asks each of its decoders, and that for DDS complains of any short file. */
export function tellsOfDamage(line: string): boolean {
  return !line.startsWith('DDS: ') && /corrupt|truncated|premature|failed|could not|error/i.test(line);
}
