/** One key as an answer. What was typed before the question could be read is none. */

/** Nobody reads a question and answers it within this. */
const readingMs = 500;

export interface KeyInput {
  setRawMode(isRaw: boolean): unknown;
  resume(): unknown;
  pause(): unknown;
  on(event: 'data', listener: (pressed: Buffer | string) => void): unknown;
  off(event: 'data', listener: (pressed: Buffer | string) => void): unknown;
}

/** Ctrl-C is a key then, and means no: it counts at any time. `now`: milliseconds. */
export async function askKey(prompt: string, input: KeyInput, write: (text: string) => void, now: () => number): Promise<string> {
  write(prompt);
  const asked = now();
  const { promise, resolve } = Promise.withResolvers<string>();
  const take = (pressed: Buffer | string): void => {
    const text = pressed.toString();
    if (now() - asked >= readingMs || text.includes('\u0003')) resolve(text);
  };
  input.setRawMode(true);
  input.on('data', take);
  input.resume();
  const text = await promise;
  input.off('data', take);
  input.pause();
  input.setRawMode(false);
  write(/^[a-z]/i.test(text) ? `${text[0]}\n` : '\n');
  return text.includes('\u0003') ? '' : text;
}
