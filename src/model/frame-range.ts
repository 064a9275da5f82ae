/** Frame lists as people write them: `1-100`, `1,5,10-50:2`, `-5-5`. A list is a set: order and repetition mean nothing. */
import { SupervmError } from './errors.ts';
import type { IntegerRange } from './job.ts';

/** Blender's own bounds of a frame number. */
const lowestFrame = -1_048_574;
const highestFrame = 1_048_574;
const frameLimit = 1_000_000;
/** Bounds the work that a text can ask for when its pieces overlap. */
const namedLimit = 10 * frameLimit;

const example = 'Write frames like 1-100 or 1,5,10-50:2.';
const pieceForm = /^(-?\d{1,12})(?:-(-?\d{1,12})(?::(\d{1,12}))?)?$/;

function bad(message: string, hint = example): SupervmError {
  return new SupervmError('bad-frames', message, hint);
}

function tooMany(frames: string): SupervmError {
  return bad(`The frame list names ${frames} frames.`, `At most ${frameLimit} frames go into one job.`);
}

function parsePiece(piece: string): IntegerRange {
  if (piece === '') throw bad('The frame list has an empty piece.');
  const match = pieceForm.exec(piece);
  if (match === null) throw bad(`Cannot read "${piece}" in the frame list.`);
  const first = Number(match[1]);
  const last = match[2] === undefined ? first : Number(match[2]);
  const step = match[3] === undefined ? 1 : Number(match[3]);
  if (step < 1) throw bad(`The step of "${piece}" must be at least 1.`);
  for (const frame of [first, last]) {
    if (frame < lowestFrame || frame > highestFrame) throw bad(`Frame ${frame} in "${piece}" is outside ${lowestFrame} to ${highestFrame}.`);
  }
  if (last < first) {
    const stepText = match[3] === undefined ? '' : `:${step}`;
    throw bad(`The range "${piece}" ends before it starts.`, `Did you mean ${last}-${first}${stepText}?`);
  }
  return { first, last: last - ((last - first) % step), step };
}

/** Marks each frame named; index 0 is `lowestFrame`. */
function marksOf(pieces: readonly IntegerRange[]): Uint8Array {
  const marks = new Uint8Array(highestFrame - lowestFrame + 1);
  let named = 0;
  let distinct = 0;
  for (const { first, last, step } of pieces) {
    named += (last - first) / step + 1;
    if (named > namedLimit) throw tooMany('too many');
    for (let frame = first; frame <= last; frame += step) {
      distinct += 1 - (marks[frame - lowestFrame] as number);
      marks[frame - lowestFrame] = 1;
    }
    if (distinct > frameLimit) throw tooMany(`${distinct}`);
  }
  return marks;
}

function framesOf(marks: Uint8Array): number[] {
  const frames: number[] = [];
  for (let place = marks.indexOf(1); place !== -1; place = marks.indexOf(1, place + 1)) frames.push(place + lowestFrame);
  return frames;
}

/** Last position of the run of equal steps that starts at `start`. */
function endOfRun(frames: readonly number[], start: number): number {
  let end = start + 1;
  const step = (frames[end] as number) - (frames[start] as number);
  while (end + 1 < frames.length && (frames[end + 1] as number) - (frames[end] as number) === step) end += 1;
  return end;
}

/** Ascending frames as few ranges: a step other than 1 needs three frames, so that `1,5` stays two. */
export function rangesOfFrames(frames: readonly number[]): IntegerRange[] {
  const ranges: IntegerRange[] = [];
  let start = 0;
  while (start < frames.length) {
    const first = frames[start] as number;
    const end = start + 1 < frames.length ? endOfRun(frames, start) : start;
    const step = end > start ? (frames[start + 1] as number) - first : 1;
    const isRun = end - start >= 2 || step === 1;
    const last = isRun ? (frames[end] as number) : first;
    ranges.push({ first, last, step: isRun ? step : 1 });
    start = isRun ? end + 1 : start + 1;
  }
  return ranges;
}

/**
 * The frames of a list as ascending ranges that do not overlap.
 * Throws `bad-frames` naming the piece that cannot be read, is reversed or out of Blender's bounds, and for more than a million frames.
 */
export function parseFrames(text: string): IntegerRange[] {
  if (text.trim() === '') throw bad('The frame list is empty.');
  return rangesOfFrames(framesOf(marksOf(text.split(',').map((piece) => parsePiece(piece.trim())))));
}

/** The text that `parseFrames` reads back to the same ranges. */
export function formatFrames(ranges: readonly IntegerRange[]): string {
  return ranges.map(({ first, last, step }) => (first === last ? `${first}` : `${first}-${last}${step === 1 ? '' : `:${step}`}`)).join(',');
}

/** Every frame of ascending ranges, in order. */
export function* eachFrame(ranges: readonly IntegerRange[]): Generator<number> {
  for (const { first, last, step } of ranges) for (let frame = first; frame <= last; frame += step) yield frame;
}
