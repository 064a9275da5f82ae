/** Still formats, by Blender's names and by the numbers that scenes store. */
export interface Format {
  readonly name: string;
  readonly extension: string;
  /** Blender's number in `imtype`. */
  readonly imageType: number;
}

const formats: readonly Format[] = [
  { name: 'PNG', extension: '.png', imageType: 17 },
  { name: 'JPEG', extension: '.jpg', imageType: 4 },
  { name: 'OPEN_EXR', extension: '.exr', imageType: 23 },
  { name: 'OPEN_EXR_MULTILAYER', extension: '.exr', imageType: 28 },
  { name: 'TIFF', extension: '.tif', imageType: 22 },
  { name: 'WEBP', extension: '.webp', imageType: 35 },
  { name: 'BMP', extension: '.bmp', imageType: 20 },
  { name: 'TARGA', extension: '.tga', imageType: 0 },
  { name: 'HDR', extension: '.hdr', imageType: 21 },
];

export const formatNames: readonly string[] = formats.map((format) => format.name);

export function formatNamed(name: string): Format | undefined {
  return formats.find((format) => format.name === name);
}

/** The scene's own format; PNG where that is a film or something rare. */
export function formatOfScene(imageType: number): Format {
  return formats.find((format) => format.imageType === imageType) ?? (formats[0] as Format);
}
