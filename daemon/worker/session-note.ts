/** What a launcher remembers of a session for a daemon that comes later. */
import * as z from 'zod';
import type { JsonObject } from '../../src/model/job.ts';
import { digestSchema } from '../wire/attempt-schema.ts';

const folders = z.strictObject({ inputs: z.string(), scratch: z.string(), temporary: z.string(), attempts: z.string() });

const note = z.strictObject({
  job: digestSchema,
  /** Of the job's inputs. */
  tree: digestSchema,
  /** What it was made for (task-limits.ts). */
  shape: z.string(),
  /** Who it is outside, when not the daemon's user. */
  user: z.int().exactOptional(),
  /** Outside the sandbox, and as the session sees them. */
  folders,
  inside: folders,
  /** Devices that are its alone. */
  gpus: z.array(z.string()).exactOptional(),
  /** By which its processes are known, where they have no namespace of their own. */
  marker: z.string().exactOptional(),
});

export type SessionNote = z.infer<typeof note>;

export function noteOf(session: SessionNote): JsonObject {
  return session;
}

/** Undefined for what another version of us wrote. */
export function readNote(json: JsonObject): SessionNote | undefined {
  return note.safeParse(json).data;
}
