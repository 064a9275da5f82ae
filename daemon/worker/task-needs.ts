/** What running tasks needs of the other concerns. */
export type { Blob, BlobFiles, Blobs, Trees } from '../blobs/blobs.ts';
