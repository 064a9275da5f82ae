/** The core of a submission: the inputs' bytes on enough machines first, then the fact that makes the job known. */
import { compareValues } from '../../src/model/compare.ts';
import { SupervmError } from '../../src/model/errors.ts';
import type { HostId, JobId, JobRecord } from '../../src/model/job.ts';
import { findByKey } from '../../src/model/phase.ts';
import { awaitCopies } from './await-copies.ts';
import { copyInputs, type InputBlob } from './copy-inputs.ts';
import { inTurn } from './in-turn.ts';
import type { SubmissionNeeds } from './needs.ts';

/** How long the append waits for the standbys before it counts the copies it has. */
const storeMs = 5_000;
/** The journal waits for any machines; how long those that have the bytes are waited for besides, and how often that is looked at. */
const bothMs = 1_000;
const lookMs = 10;
const copiesMs = 30_000;
/** How long standbys are asked what is new, by a node that is none. */
const refreshMs = 1_000;
/** Machines that took the bytes longer ago than this are asked again: half of what blobs count as used after (blobs/recent-use.ts). */
const recentMs = 30_000;
/** An acknowledged job survives the loss of one machine, where there are two. */
const fewestCopies = 2;

export interface SubmitOptions {
  readonly record: JobRecord;
  /** The input tree's blob and every file of it; all held by this node. */
  readonly inputs: readonly InputBlob[];
  /** Machines asked for: they are waited for, even those that have to come first. Default: as many of 3 as live, waited for no longer than needed. */
  readonly copies?: number;
  /** Milliseconds that more machines than acknowledge a job are waited for when `copies` says so; default 30 s. */
  readonly copiesMs?: number;
  /** Told as each machine has the inputs. */
  readonly onCopied?: (hosts: number, wanted: number) => void;
  readonly signal?: AbortSignal;
}

export interface Submission {
  readonly id: JobId;
  /** Machines that have the facts and the bytes on disk: with c of them the job survives the loss of any c-1. */
  readonly copies: readonly HostId[];
  readonly wanted: number;
  /** The job was known before under its owner and key. */
  readonly existed: boolean;
}

/**
 * Resolves once the job is acknowledged. A record that differs from a known one only in its time is the same job.
 * Rejects with `key-reused`, or `not-acknowledged` when fewer than min(2, live machines) have it.
 */
export function submitRecord(options: SubmitOptions, needs: SubmissionNeeds): Promise<Submission> {
  const { owner, key } = options.record;
  // Whoever lost patience and submits again while the first is under way must not make a second job of it.
  return inTurn(needs.journal, JSON.stringify([owner, key]), () => submitInTurn(options, needs));
}

async function submitInTurn(options: SubmitOptions, needs: SubmissionNeeds): Promise<Submission> {
  const { record } = options;
  options.signal?.throwIfAborted();
  // The key may have been used on another machine a moment ago.
  await needs.journal.refresh(refreshMs);
  const before = knownJob(record, needs);
  const copied = await copyRecently(options, needs);
  if (copied.hosts.length < Math.min(fewestCopies, copied.wanted))
    throw notAcknowledged('its input files', copied.hosts.length, 'nothing was submitted; try again once another machine can take them (supervm nodes)');
  options.signal?.throwIfAborted();
  const existing = before ?? knownJob(record, needs);
  const id = existing ?? needs.jobIdOf(record);
  let facts = existing === undefined ? await append(id, record, needs) : needs.journal.copiesOf(existing);
  // Bytes and facts may be on different machines: only one that has both is a copy.
  const copiesOf = (hosts: readonly HostId[]): readonly HostId[] => hosts.filter((host) => facts.includes(host));
  for (let waited = 0; copiesOf(copied.hosts).length < copied.hosts.length && waited < bothMs; waited += lookMs) {
    await new Promise<void>((resolve) => void needs.clock.after(lookMs, resolve));
    // What was on disk stays there; newer facts of the job, which others may lack yet, take nothing away.
    facts = [...new Set([...facts, ...needs.journal.copiesOf(id)])];
  }
  let copies = copiesOf(copied.hosts);
  const fewest = Math.min(fewestCopies, copied.wanted);
  if (copies.length < fewest) copies = copiesOf((await copyInputs({ ...options, copies: options.copies ?? 3, among: facts }, needs)).hosts);
  if (copies.length < fewest)
    throw notAcknowledged(
      `the job ${id.slice(0, 8)}`,
      copies.length,
      `it goes on where it can and is copied once another machine is reachable; see: supervm job ${id.slice(0, 8)}`,
    );
  if (options.copies !== undefined) copies = await awaitCopies({ ...options, id, asked: options.copies, waitMs: options.copiesMs ?? copiesMs, copies }, needs);
  return { id, copies, wanted: options.copies ?? copied.wanted, existed: existing !== undefined };
}

/** Those that were first to have the bytes may have freed them while others still took them: no fact refers to them yet. */
async function copyRecently(options: SubmitOptions, needs: SubmissionNeeds): ReturnType<typeof copyInputs> {
  const { clock } = needs;
  const copies = options.copies ?? 3;
  let began = clock.now();
  let copied = await copyInputs({ ...options, copies }, needs);
  while (clock.now() - began > recentMs && copied.hosts.length > 1) {
    began = clock.now();
    copied = await copyInputs({ ...options, copies, among: copied.hosts }, needs);
  }
  return copied;
}

async function append(id: JobId, record: JobRecord, { journal, clock }: SubmissionNeeds): Promise<readonly HostId[]> {
  const stored = await journal.append([{ type: 'submitted', job: id, at: clock.wall(), record }], storeMs);
  return stored.copies;
}

/** The id under which the same job was submitted before. Throws `key-reused` when it was another one. */
function knownJob(record: JobRecord, { journal }: SubmissionNeeds): JobId | undefined {
  const known = findByKey(journal.jobs().values(), record.owner, record.key);
  const same = known.find((state) => compareValues({ ...state.record, submittedAt: 0 }, { ...record, submittedAt: 0 }) === 0);
  const other = known[0];
  if (same === undefined && other !== undefined) {
    throw new SupervmError(
      'key-reused',
      `the key ${record.key} belongs to the job ${other.id.slice(0, 12)}, which is another one`,
      'submit under a new key, or none',
    );
  }
  return same?.id;
}

function notAcknowledged(what: string, machines: number, hint: string): SupervmError {
  return new SupervmError('not-acknowledged', `${what} could be stored on ${machines === 1 ? '1 machine' : `${machines} machines`} only`, hint);
}
