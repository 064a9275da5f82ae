/** `frame_####` and 7 make `frame_0007`; a negative number keeps its digits and gains a sign, as Blender writes it. */
export function frameNames(pattern: string): (frame: number) => string {
  const [, head = pattern, digits = '', tail = ''] = /^([^#]*)(#+)(.*)$/.exec(pattern) ?? [];
  return (frame) => `${head}${frame < 0 ? '-' : ''}${String(Math.abs(frame)).padStart(digits.length, '0')}${tail}`;
}
