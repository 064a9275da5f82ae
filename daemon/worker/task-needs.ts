/** What running tasks and offering their results needs of the other concerns. */
export type { BlobDisk, BlobFiles, BlobSearch, Blobs, Trees } from '../blobs/blobs.ts';
export type { GpuDevice } from '../inventory/gpu-devices.ts';
