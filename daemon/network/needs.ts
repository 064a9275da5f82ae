export type { KeyFiles } from '../keys/key-files.ts';
