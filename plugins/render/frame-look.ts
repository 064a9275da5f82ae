/** What a frame's pixels show that may not have been meant. Pure. */

/** Each is absent where the file, or whoever decoded it, does not tell. */
export interface FrameLook {
  /** Every pixel is black, or every one is transparent too. */
  readonly emptiness?: 'black' | 'transparent';
  /** Colour channels with values that are NaN or infinite. */
  readonly notFinite?: readonly string[];
  /** 1 grey, 3 colour, 4 colour and alpha. */
  readonly channels?: number;
}

const channelsNamed = 5;

const kinds: { readonly [channels: number]: string } = { 1: 'grey', 2: 'grey and alpha', 3: 'RGB', 4: 'RGBA' };

function kindOf(channels: number): string {
  return `${channels} channel${channels === 1 ? '' : 's'}${kinds[channels] === undefined ? '' : ` (${kinds[channels]})`}`;
}

/** Warnings about one frame, as sentences. `wanted`: channels that the scene asks for; absent where that cannot be known. */
export function lookWarnings(name: string, { emptiness, notFinite = [], channels }: FrameLook, wanted: number | undefined): readonly string[] {
  const named = notFinite.slice(0, channelsNamed).join(', ');
  const more = notFinite.length > channelsNamed ? ` and ${notFinite.length - channelsNamed} more` : '';
  return [
    ...(emptiness === 'black' ? [`${name} is black all over: is that meant? If not, look at lights, camera and compositor`] : []),
    ...(emptiness === 'transparent' ? [`${name} is transparent all over: is that meant? If not, look at camera, visibility and view layers`] : []),
    ...(notFinite.length > 0 ? [`${name} has pixels that are no number (NaN or infinite): ${named}${more}`] : []),
    ...(wanted !== undefined && channels !== undefined && channels !== wanted ? [`${name} has ${kindOf(channels)} instead of ${kindOf(wanted)}`] : []),
  ];
}
