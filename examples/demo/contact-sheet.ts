import { execute } from '../../test/support/lab.ts';

/** Six beside each other. */
const columns = 6;

/** One picture of about 24 frames spread over the animation, by ffmpeg. */
export async function makeContactSheet(folder: string, count: number, target: string): Promise<void> {
  const every = Math.max(1, Math.floor(count / 24));
  const shown = Math.ceil(count / every);
  const filter = `select=not(mod(n\\,${every})),scale=320:-2,tile=${columns}x${Math.ceil(shown / columns)}:margin=8:padding=8:color=0x101014`;
  await execute('ffmpeg', ['-v', 'error', '-y', '-pattern_type', 'glob', '-i', `${folder}/*.png`, '-vf', filter, '-frames:v', '1', target]);
}
