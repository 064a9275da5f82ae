/** Asks whoever coordinates now. */
import { SupervmError } from '../../src/model/errors.ts';
import type { JobId } from '../../src/model/job.ts';
import { type CoordinationReply, type CoordinationRequest, coordinationProtocol } from '../wire/coordination-protocol.ts';
import type { Coordination, JobOverview, WaitingReason } from './coordination.ts';
import type { Messenger, VotedLeadership } from './needs.ts';

/** A coordinator that takes longer is as good as none to a person who waits. */
const answerMs = 1_000;

export class CoordinationClient implements Coordination {
  readonly #messenger: Messenger;
  readonly #leadership: Pick<VotedLeadership, 'current'>;

  constructor(needs: { readonly messenger: Messenger; readonly leadership: Pick<VotedLeadership, 'current'> }) {
    this.#messenger = needs.messenger;
    this.#leadership = needs.leadership;
  }

  async overview(job: JobId | undefined): Promise<readonly JobOverview[]> {
    const reply = await this.#ask(job === undefined ? { type: 'overview' } : { type: 'overview', job });
    if (reply.type !== 'overview') throw noCoordinator(reply.type === 'later' ? reply.reason : reply.type);
    return reply.jobs.map((one) => ({ ...one, etaSeconds: one.etaSeconds }));
  }

  async why(job: JobId): Promise<readonly WaitingReason[]> {
    const reply = await this.#ask({ type: 'why', job });
    if (reply.type !== 'why') throw noCoordinator(reply.type === 'later' ? reply.reason : reply.type);
    return reply.reasons;
  }

  async #ask(request: CoordinationRequest): Promise<CoordinationReply> {
    const term = this.#leadership.current();
    if (term === undefined) throw noCoordinator('none is elected');
    try {
      return await this.#messenger.request(term.node, coordinationProtocol, request, answerMs);
    } catch (error) {
      throw noCoordinator('it does not answer', { cause: error });
    }
  }
}

function noCoordinator(reason: string, options?: ErrorOptions): SupervmError {
  return new SupervmError('no-coordinator', `the coordinator cannot be asked: ${reason}`, 'a new one is elected within seconds; try again', options);
}
