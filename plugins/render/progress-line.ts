/** Blender's status lines: `Fra:3 Mem:.. | Time:.. | Scene, ViewLayer | Rendered 1/4 Tiles, Sample 3/8`. */

export interface FrameProgress {
  /** 0..1 of the frame. */
  readonly fraction: number;
  readonly message: string;
}

export function isStatusLine(line: string): boolean {
  return /^Fra:-?\d+ /.test(line);
}

/** Share of the frame that a status line tells; `undefined` for a status line that tells none and for other lines. */
export function progressOf(line: string): FrameProgress | undefined {
  if (!isStatusLine(line)) return undefined;
  const message = line.slice(line.lastIndexOf('|') + 1).trim();
  const samples = /Sample (\d+)\/(\d+)/.exec(message) ?? /Rendering (\d+) \/ (\d+) samples/.exec(message);
  const tiles = /Rendered (\d+)\/(\d+) Tiles/.exec(message);
  if (samples === null && tiles === null) return undefined;
  const ofTile = samples === null ? 0 : Number(samples[1]) / Math.max(1, Number(samples[2]));
  const fraction = tiles === null ? ofTile : (Number(tiles[1]) + ofTile) / Math.max(1, Number(tiles[2]));
  return { fraction: Math.min(1, fraction), message };
}
