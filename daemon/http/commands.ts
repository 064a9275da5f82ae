/** Routes that change something: each appends a fact or tells a node. */
import { SupervmError } from '../../src/model/errors.ts';
import type { Fact } from '../../src/model/facts.ts';
import { isDraining } from '../../src/model/inventory.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { jobPhase } from '../../src/model/phase.ts';
import type { Answers } from './api-service.ts';
import { forgetNode } from './forget-node.ts';
import { findNode, setPaused } from './node-control.ts';
import { namesNotReached, nodeViews } from './node-views.ts';
import type { ApiParts } from './parts.ts';
import { fenceFor } from './path-fence.ts';
import { clusterNow } from './queries.ts';

type Command =
  | 'submit'
  | 'cancel'
  | 'remove'
  | 'retry'
  | 'pause'
  | 'resume'
  | 'deliver'
  | 'drain'
  | 'undrain'
  | 'shutdown'
  | 'pauseNode'
  | 'unpauseNode'
  | 'forgetNode';

/** How long whoever cancels waits to be told how the job ended: a new coordinator may have to be elected first. */
const endWaitMs = 8_000;
const endLookMs = 20;

/** How long a user's word waits for more machines to have it on disk; it is on this one before. */
const copiesWaitMs = 2000;

export function commands(parts: ApiParts): Pick<Answers, Command> {
  const { needs, book } = parts;
  const append = (fact: Fact): Promise<unknown> => needs.journal.append([fact], copiesWaitMs);
  const current = (state: JobState): JobState => needs.journal.job(state.id) ?? state;
  const pausing = (node: string, paused: boolean) => pauseNode(parts, node, paused);
  const setPause = async (job: string, paused: boolean) => {
    const state = await book.find(job);
    assertPhase(state, ['active', 'paused'], paused ? 'paused' : 'resumed');
    await append({ type: 'pause-set', job: state.id, at: needs.clock.wall(), paused, clock: needs.journal.nextClock(), node: needs.membership.self });
    return book.view(current(state));
  };
  const notReached = (): readonly string[] => namesNotReached(needs.membership.members());
  return {
    submit: async ({ body, progress, signal, caller }) => {
      await book.refresh();
      return needs.submitter.submit(body, progress, signal, fenceFor(caller, needs.tcp?.folders ?? []));
    },
    cancel: async ({ params }) => {
      const state = await book.find(params.job);
      const open = isOpen(state);
      if (open) {
        await append({ type: 'cancelled', job: state.id, at: needs.clock.wall(), generation: state.generation });
        await ended(parts, state);
      }
      return { job: await book.view(current(state)), notReached: open ? notReached() : [] };
    },
    remove: async ({ params, body }) => {
      const state = await book.find(params.job);
      const open = isOpen(state);
      if (open && body.force !== true) throw stillOpen(state);
      const { id: job, generation } = state;
      const at = needs.clock.wall();
      const cancelled: readonly Fact[] = open ? [{ type: 'cancelled', job, at, generation }] : [];
      const { copies } = await needs.journal.append([...cancelled, { type: 'removed', job, at }], copiesWaitMs);
      return { id: job, copies, notReached: notReached() };
    },
    retry: async ({ params }) => {
      const state = await book.find(params.job);
      assertPhase(state, ['failed', 'partly-failed', 'cancelled'], 'retried');
      await append({ type: 'retried', job: state.id, at: needs.clock.wall(), generation: state.generation + 1 });
      return book.view(current(state));
    },
    pause: ({ params }) => setPause(params.job, true),
    resume: ({ params }) => setPause(params.job, false),
    deliver: async ({ params, body, progress, signal, caller }) => {
      const fence = fenceFor(caller, needs.tcp?.folders ?? []);
      if (fence !== undefined && !(await fence.allows(body.folder))) throw fence.refusal(body.folder);
      return needs.deliveries.deliver(await book.find(params.job), body, progress, signal);
    },
    drain: async ({ body }) => needs.ending.drain(body?.pid),
    undrain: async ({ body }) => needs.ending.undrain(body?.pid),
    shutdown: async ({ body }) => {
      needs.ending.stop(body?.tasks ?? 'end');
      return { pid: needs.process().pid, words: needs.ending.words };
    },
    pauseNode: ({ params }) => pausing(params.node, true),
    unpauseNode: ({ params }) => pausing(params.node, false),
    forgetNode: ({ params, body }) => forgetNode(parts, params.node, body?.acceptLoss === true),
  };
}

/** Resolves once a coordinator has said how the job's generation ended, or after 8 s. */
async function ended({ needs: { journal, clock } }: ApiParts, { id, generation }: JobState): Promise<void> {
  const giveUpAt = clock.now() + endWaitMs;
  const isOver = (): boolean => {
    const state = journal.job(id);
    return state === undefined || state.removed || state.ended.has(generation);
  };
  while (!isOver() && clock.now() < giveUpAt) await new Promise<void>((resolve) => clock.after(endLookMs, resolve));
}

function isOpen(state: JobState): boolean {
  return ['active', 'paused'].includes(jobPhase(state));
}

function stillOpen({ id }: JobState): SupervmError {
  const short = id.slice(0, 8);
  return new SupervmError('wrong-phase', `Job ${short} has not ended and cannot be removed.`, `Cancel and remove it: supervm rm --force ${short}`);
}

async function pauseNode(parts: ApiParts, text: string, paused: boolean): Promise<ReturnType<typeof nodeViews>[number]> {
  const member = findNode(parts.needs.membership.members(), text);
  await setPaused(parts.needs, member, paused);
  const view = nodeViews(await clusterNow(parts)).find((node) => node.id === member.facts.id);
  if (view === undefined) throw new SupervmError('node-not-found', `${member.facts.name} has just left.`);
  // The word of another about itself takes a moment to come back; it has agreed already. Whoever drains stays paused all the same.
  return view.self ? view : { ...view, paused: paused || isDraining(view.inventory) };
}

function assertPhase(state: JobState, allowed: readonly string[], done: string): void {
  const phase = jobPhase(state);
  if (allowed.includes(phase)) return;
  const id = state.id.slice(0, 8);
  const hint = phase === 'active' || phase === 'paused' ? `It has not ended yet; see: supervm job ${id}` : '';
  throw new SupervmError('wrong-phase', `Job ${id} is ${phase} and cannot be ${done}.`, hint);
}
