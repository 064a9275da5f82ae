/** The user's settings: one JSON object, optional. */
import { readFileSync } from 'node:fs';
import { SupervmError } from '../model/errors.ts';

/** Empty when there is no file; throws `bad-setting` when it is not a JSON object. */
export function readUserFile(file: string): { readonly [key: string]: unknown } {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw new SupervmError('bad-setting', `${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    throw new SupervmError('bad-setting', `${file} is not JSON: ${(error as Error).message}`, 'Correct it or remove it.', { cause: error });
  }
  throw new SupervmError('bad-setting', `${file} is not a JSON object.`, 'It looks like: {"name": "studio", "peer": ["10.0.0.7:7946"]}');
}
