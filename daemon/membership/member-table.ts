/** Everything known of every node: merged records, terms, and what follows from them and from our own opinions. */
import type { Reachability } from '../../src/model/inventory.ts';
import type { NodeId, Term } from '../../src/model/job.ts';
import { compareTerms } from '../../src/model/term.ts';
import { compareRecords, type MemberRecord } from './member-record.ts';
import type { Member } from './membership.ts';
import { majoritySees, type Silence } from './suspicion.ts';
import { witnessedFrom } from './witnesses.ts';

/** More nodes than this are not believed: a defective peer must not fill our memory. Whoever speaks for itself takes the place of one that is gone. */
const maximumMembers = 4096;

export interface Change {
  readonly member: Member;
  readonly before: Reachability | undefined;
}

export interface MemberTableOptions {
  readonly self: NodeId;
  /** It was removed from the cluster: gone for good, whatever is said of it. */
  isExpelled?(id: NodeId): boolean;
  changed(change: Change): void;
}

export class MemberTable {
  readonly #options: MemberTableOptions;
  readonly #records = new Map<NodeId, MemberRecord>();
  readonly #members = new Map<NodeId, Member>();
  readonly #terms = new Map<NodeId, Term>();
  /** Until when those that said they are restarting are waited for. */
  readonly #awaited = new Map<NodeId, number>();
  #all: readonly Member[] | undefined;

  constructor(options: MemberTableOptions) {
    this.#options = options;
  }

  members(): readonly Member[] {
    this.#all ??= [...this.#members.values()];
    return this.#all;
  }

  member(id: NodeId): Member | undefined {
    return this.#members.get(id);
  }

  record(id: NodeId): MemberRecord | undefined {
    return this.#records.get(id);
  }

  records(): readonly MemberRecord[] {
    return [...this.#records.values()];
  }

  /**
   * True when `told` was newer than what was held. A new life begins as a node never seen before, once the old one was reported unreachable.
   * @param isOwnWord told by the node itself, over a connection of its own
   */
  merge(told: MemberRecord, now: number, isOwnWord = false): boolean {
    const { id, incarnation } = told.facts;
    const held = this.#records.get(id);
    if (held === undefined ? !this.#hasRoom(isOwnWord) : compareRecords(told, held) <= 0) return false;
    this.#records.set(id, told);
    if (told.left && told.returnsMs !== undefined) this.#awaited.set(id, now + told.returnsMs);
    const member = this.#members.get(id);
    if (member !== undefined && member.facts.incarnation === incarnation) {
      this.#set({ ...member, facts: told.facts }, member.reachability);
      return true;
    }
    const returns = member?.reachability === 'restarting' && this.#awaits(id, now);
    if (member !== undefined && member.reachability !== 'left' && !returns) this.#become(member, 'unreachable');
    const reachability = id === this.#options.self ? 'alive' : returns ? 'restarting' : 'unreachable';
    this.#terms.delete(id);
    this.#set({ facts: told.facts, reachability, since: now, term: undefined, witnessed: false }, undefined);
    return true;
  }

  /** True when `term` is higher than what the node said before. */
  learnTerm(id: NodeId, term: Term): boolean {
    const known = this.#terms.get(id);
    if (known !== undefined && compareTerms(known, term) >= 0) return false;
    this.#terms.set(id, term);
    const member = this.#members.get(id);
    if (member !== undefined) this.#set({ ...member, term }, member.reachability);
    return true;
  }

  /** Draws the conclusions: who is reachable by our own opinion or their watchers' majority, and who only by what others see. */
  conclude(opinionOf: (id: NodeId) => Silence | undefined, now: number): void {
    for (const member of this.members()) {
      if (member.facts.id !== this.#options.self) this.#become(member, this.#judge(member.facts.id, opinionOf, now));
    }
    // A worker bears no witness: it could keep the seat for a coordinator that is dead.
    const sees = (id: NodeId): readonly NodeId[] => {
      const record = this.#records.get(id);
      return record?.left === false && record.facts.role !== 'worker' ? record.sees : [];
    };
    const witnessed = witnessedFrom(this.reachableIds(), sees);
    for (const member of this.members()) {
      const lives = witnessed.has(member.facts.id) && member.reachability !== 'left';
      if (lives !== member.witnessed) this.#set({ ...member, witnessed: lives }, member.reachability);
    }
  }

  /** Reached by this node itself, this node not included. */
  reachableIds(): readonly NodeId[] {
    const reached = this.members().filter(({ reachability }) => reachability === 'alive' || reachability === 'suspect');
    return reached.map(({ facts }) => facts.id).filter((id) => id !== this.#options.self);
  }

  /** Makes room, where it must, by forgetting one that is gone, of these the one that was seen first. */
  #hasRoom(isNeeded: boolean): boolean {
    if (this.#records.size < maximumMembers) return true;
    if (!isNeeded) return false;
    let oldest: Member | undefined;
    for (const member of this.#members.values()) {
      const isGone = !member.witnessed && (member.reachability === 'left' || member.reachability === 'unreachable');
      if (isGone && member.facts.id !== this.#options.self && member.since < (oldest?.since ?? Number.POSITIVE_INFINITY)) oldest = member;
    }
    if (oldest === undefined) return false;
    const { id } = oldest.facts;
    for (const known of [this.#records, this.#members, this.#terms, this.#awaited]) known.delete(id);
    this.#all = undefined;
    return true;
  }

  #judge(id: NodeId, opinionOf: (id: NodeId) => Silence | undefined, now: number): Reachability {
    const record = this.#records.get(id);
    if (this.#options.isExpelled?.(id) === true) return 'left';
    if (record?.left === true) return this.#awaits(id, now) ? 'restarting' : record.returnsMs === undefined ? 'left' : 'unreachable';
    const seen = this.#judgeSeen(id, record, opinionOf);
    if (seen === 'unreachable' && this.#awaits(id, now)) return 'restarting';
    // Back: should it vanish now, that is a loss.
    this.#awaited.delete(id);
    return seen;
  }

  #awaits(id: NodeId, now: number): boolean {
    return (this.#awaited.get(id) ?? Number.NEGATIVE_INFINITY) > now;
  }

  #judgeSeen(id: NodeId, record: MemberRecord | undefined, opinionOf: (id: NodeId) => Silence | undefined): Silence {
    const own = opinionOf(id);
    if (own !== undefined) return own;
    const asked = (record?.watchers ?? []).filter((watcher) => opinionOf(watcher) !== 'unreachable');
    const votes = asked.map((watcher) => this.#records.get(watcher)?.sees.includes(id) === true);
    return majoritySees(votes) ? 'alive' : 'unreachable';
  }

  #become(member: Member, reachability: Reachability): void {
    if (member.reachability === reachability) return;
    this.#set({ ...member, reachability, witnessed: reachability === 'alive' || reachability === 'suspect' }, member.reachability);
  }

  #set(member: Member, before: Reachability | undefined): void {
    const { id } = member.facts;
    const term = this.#terms.get(id);
    const full = term === member.term ? member : { ...member, term };
    this.#members.set(id, full);
    this.#all = undefined;
    this.#options.changed({ member: full, before });
  }
}
