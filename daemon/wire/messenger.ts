/**
 * How concerns talk to other nodes. `network/` implements it over libp2p and in memory; both pass one conformance suite.
 * Contract: only admitted peers (hello passed) are ever seen. Messages to one peer on one protocol arrive in order or
 * the connection is reported closed. `send` to an unconnected peer is dropped silently. Listeners must not throw.
 * Members and messages that the receiver's version does not know are dropped (read-body.ts); whatever else breaks its schema cuts its sender.
 */
import type { NodeId } from '../../src/model/job.ts';

/** Validates an unknown body; throws on anything unexpected (zod's `parse` fits). */
export interface Schema<T> {
  parse(body: unknown): T;
}

/**
 * One standing stream a protocol and peer. Bodies are JSON, except a top-level `bytes: Uint8Array`, which travels raw.
 * A frame is at most `maximumBytes` (never over 1 MiB).
 */
export interface Protocol<Message, Request, Reply> {
  /** e.g. `/supervm/records/1` */
  readonly id: string;
  readonly message: Schema<Message>;
  readonly request: Schema<Request>;
  readonly reply: Schema<Reply>;
  readonly maximumBytes: number;
}

export interface Service<Message, Request, Reply> {
  onMessage?(from: NodeId, message: Message): void;
  onRequest?(from: NodeId, request: Request): Promise<Reply>;
}

/** What a machine may do in the cluster, as an admin's key has signed it. */
export type MachineRole = 'member' | 'worker';

export interface Messenger {
  readonly self: NodeId;
  connected(): readonly NodeId[];
  /** By the certificate that the peer's connection showed; undefined while it has none. Absent where there are no certificates: all are members. */
  roleOf?(peer: NodeId): MachineRole | undefined;
  send<M, Q, R>(to: NodeId, protocol: Protocol<M, Q, R>, message: M): void;
  /**
   * Rejects with code `peer-unreachable` (not connected, closed, time-out), `peer-refused` (the service threw; its message is carried, a SupervmError whole as `cause`) or
   * `peer-other-version` (the peer knows no such request, or answers what is not known here; the connection stays).
   */
  request<M, Q, R>(to: NodeId, protocol: Protocol<M, Q, R>, request: Q, timeoutMs: number): Promise<R>;
  /** Once a protocol, before the network starts. */
  serve<M, Q, R>(protocol: Protocol<M, Q, R>, service: Service<M, Q, R>): void;
  /**
   * `connected` comes after the hello of both sides; `disconnected` once it is really gone (after one reconnect was tried).
   * `connected` for a peer that is connected already: the connection broke and was replaced, what was under way may be lost.
   */
  onPeer(listener: (event: { readonly type: 'connected' | 'disconnected'; readonly peer: NodeId }) => void): void;
}
