/** What running tasks needs of the other concerns. */
export type { BlobFiles, Trees } from '../blobs/blobs.ts';
