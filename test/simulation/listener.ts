/** Listens to what nodes say to each other and counts the rare paths that only show there. */
import type { BlobReply, BlobRequest } from '../../daemon/blobs/protocol.ts';
import type { CoordinationReply, CoordinationRequest } from '../../daemon/wire/coordination-protocol.ts';
import type { WorkReply, WorkRequest } from '../../daemon/wire/work-protocol.ts';
import type { NodeId } from '../../src/model/job.ts';
import type { Chronicle } from './chronicle.ts';
import type { Ear } from './mortal-parts.ts';
import type { SettledFacts } from './settled-facts.ts';

export interface ListenerNeeds {
  readonly chronicle: Chronicle;
  readonly settled: SettledFacts;
  /** Something comes that may tell of another term. */
  hearsOfTerms(): void;
}

/** What one node says and hears. */
export function listen(self: NodeId, { chronicle, settled, hearsOfTerms }: ListenerNeeds): Ear {
  /** Of whom the last piece of each blob was asked. */
  const sources = new Map<string, NodeId>();
  /** Attempts whose offer was put off. */
  const putOff = new Set<string>();
  return {
    hears(protocol) {
      if (protocol === '/supervm/election/1' || protocol === '/supervm/membership/1') hearsOfTerms();
    },
    asked(to, protocol, request) {
      if (protocol !== '/supervm/blobs/1') return;
      const read = request as BlobRequest;
      if (read.type !== 'read') return;
      const before = sources.get(read.digest);
      if (read.offset > 0 && before !== undefined && before !== to) chronicle.count('pull went on in the middle at another holder');
      sources.set(read.digest, to);
    },
    answered(_to, protocol, request, reply) {
      if (protocol === '/supervm/election/1') hearsOfTerms();
      if (protocol === '/supervm/coordination/1') offerAnswered(request as CoordinationRequest, reply as CoordinationReply);
      else if (protocol === '/supervm/work/1') workAnswered(reply as WorkReply, request as WorkRequest);
      else if (protocol === '/supervm/blobs/1' && (reply as BlobReply).type === 'holding') chronicle.count('upload answered as still going on');
    },
  };

  function offerAnswered(request: CoordinationRequest, reply: CoordinationReply): void {
    if (request.type !== 'offer') return;
    settled.answered(self, request, reply);
    const name = JSON.stringify(request.attempt);
    if (reply.type === 'later') putOff.add(name);
    else if (putOff.delete(name)) chronicle.count('offer answered later and offered again');
    if (reply.type !== 'refused') return;
    if (reply.reason === 'already-kept') chronicle.count('result refused because another is kept');
    if (reply.reason === 'cancelled') chronicle.count('result refused because its job was cancelled');
  }

  function workAnswered(reply: WorkReply, request: WorkRequest): void {
    if (request.type !== 'assign') return;
    if (reply.type === 'fenced') chronicle.count('assignment fenced by a higher term');
    if (reply.type === 'assigned' && reply.refused.length > 0) chronicle.count('assignment refused');
  }
}
