import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { assertRoom } from '../../../daemon/submitter/assert-room.ts';

test('what fits is no trouble', async () => {
  await expect(assertRoom(tmpdir(), 1)).resolves.toBeUndefined();
});

test('what would take the room of the records is refused with the figures', async () => {
  await expect(assertRoom(tmpdir(), 1e18)).rejects.toMatchObject({
    code: 'disk-full',
    message: expect.stringMatching(/ left; .* take .* kept for the records/),
  });
});
