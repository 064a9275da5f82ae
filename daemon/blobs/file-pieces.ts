import { type FileHandle, open } from 'node:fs/promises';

/** Small enough that hashing one piece takes well under the 5 ms the daemon's loop may be held up. */
const pieceBytes = 256 * 1024;

/** The file from its start. The piece is overwritten by the next one. */
export async function* readPieces(file: FileHandle): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(pieceBytes);
  for (let offset = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, pieceBytes, offset);
    if (bytesRead === 0) return;
    offset += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Copies all of `source` to the end of `target`, showing every piece; returns the bytes copied. Nothing is synced. */
export async function copyPieces(source: FileHandle, target: FileHandle, see: (piece: Uint8Array) => void): Promise<number> {
  let size = 0;
  for await (const piece of readPieces(source)) {
    see(piece);
    await target.writeFile(piece);
    size += piece.length;
  }
  return size;
}

/** A renamed or created file is only there after a power cut when its folder was synced too. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}
