/** What running tasks and offering their results needs of the other concerns. */
export type { BlobDisk, BlobFiles, Blobs, Trees } from '../blobs/blobs.ts';
