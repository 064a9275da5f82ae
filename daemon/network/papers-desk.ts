/** Looks at the papers of each connection: when it begins, when they are renewed, and now and then whether they still hold. */
import type { NodeId } from '../../src/model/job.ts';
import type { Refusal } from './hello.ts';
import type { MachineRole, SignedCertificate } from './papers/certificate.ts';
import type { Papers } from './papers/papers.ts';
import type { Accepted, PapersShown, Refused } from './papers/papers-shown.ts';
import type { PeerLink } from './peer-link.ts';

interface Seen {
  readonly accepted: Accepted;
  /** What it was accepted for. */
  readonly shown: PapersShown;
  /** The text of the certificate of this node that the peer knows. */
  readonly own: string | undefined;
  /** The serial of its certificate that this node has renewed. */
  readonly renewed: number;
}

export class PapersDesk {
  readonly #papers: Papers;
  readonly #seen = new WeakMap<PeerLink, Seen>();

  constructor(papers: Papers) {
    this.#papers = papers;
  }

  /** Undefined until the peer's hello has been accepted. */
  roleOf(link: PeerLink | undefined): MachineRole | undefined {
    return link === undefined ? undefined : this.#seen.get(link)?.accepted.role;
  }

  /** For this node's hello. */
  own(): { readonly papers?: PapersShown } {
    const papers = this.#papers.shown();
    return papers === undefined ? {} : { papers };
  }

  /** Why the peer, whose hello has come, cannot be accepted. */
  objection(link: PeerLink): Refusal | undefined {
    return this.#judge(link, link.hello?.papers);
  }

  /** The peer shows that it has been renewed, or renews this node. */
  received(link: PeerLink, shown: PapersShown): void {
    // A renewal may come twice, from two holders of admin keys.
    if (this.#papers.isFor(shown)) {
      this.#papers.accept(shown);
      return;
    }
    const refusal = this.#judge(link, shown);
    if (refusal !== undefined) link.refuse(refusal);
  }

  /** The peer refuses this node: it may have said what this node did not know. */
  refused({ papers, removal }: Refusal): void {
    if (removal !== undefined) this.#papers.learn(removal);
    if (papers !== undefined) this.#papers.accept(papers);
  }

  /** Every few seconds: papers end, and are renewed. */
  check(link: PeerLink): void {
    const seen = this.#seen.get(link);
    if (seen === undefined || link.state !== 'admitted') return;
    const { certificate } = seen.accepted;
    const refusal = this.#judge(link, seen.shown);
    if (refusal !== undefined) {
      link.refuse(refusal);
      return;
    }
    this.#renew(link, certificate);
    const own = this.#papers.shown();
    if (own === undefined || own.certificate === this.#seen.get(link)?.own) return;
    this.#remember(link, { own: own.certificate });
    link.showPapers(own);
  }

  /** The node was removed: at once, whatever is under way. */
  expel(node: NodeId, links: Iterable<PeerLink>): void {
    const refusal = this.#expulsion(node);
    for (const link of [...links]) if (link.peer === node && refusal !== undefined) link.refuse(refusal);
  }

  #expulsion(node: NodeId): Refusal | undefined {
    const removal = this.#papers.admins.removal(node);
    return removal === undefined ? undefined : { reason: 'it was removed from the cluster', removal };
  }

  #judge(link: PeerLink, shown: PapersShown | undefined): Refusal | undefined {
    const verdict = this.#papers.judge(link.peer, shown);
    if (!('role' in verdict)) return this.#refusalFor(link.peer, verdict);
    const before = this.#seen.get(link);
    const isSame = before?.accepted.certificate.text === verdict.certificate.text;
    const own = before === undefined ? this.#papers.shown()?.certificate : before.own;
    if (!isSame && shown !== undefined) this.#seen.set(link, { accepted: verdict, shown, own, renewed: before?.renewed ?? -1 });
    return undefined;
  }

  #refusalFor(peer: NodeId, { reason, certificate }: Refused): Refusal {
    const papers = certificate === undefined ? undefined : this.#papers.renewalFor(certificate);
    return this.#expulsion(peer) ?? { reason, ...(papers === undefined ? {} : { papers }) };
  }

  #renew(link: PeerLink, certificate: SignedCertificate): void {
    if ((this.#seen.get(link)?.renewed ?? -1) >= certificate.serial) return;
    const papers = this.#papers.renewalFor(certificate);
    if (papers === undefined) return;
    this.#remember(link, { renewed: certificate.serial });
    link.showPapers(papers);
  }

  #remember(link: PeerLink, changes: Partial<Seen>): void {
    const seen = this.#seen.get(link);
    if (seen !== undefined) this.#seen.set(link, { ...seen, ...changes });
  }
}
