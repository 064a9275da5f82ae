/** `frame_####` and 7 make `frame_0007`; a negative number keeps its digits and gains a sign, as Blender writes it. */
export function frameName(pattern: string, frame: number): string {
  return pattern.replace(/#+/, (digits) => `${frame < 0 ? '-' : ''}${String(Math.abs(frame)).padStart(digits.length, '0')}`);
}
