/** Writes lines of the audit. What is refused is counted, not repeated: a flood of strangers must not become a flood of facts. */
import { type Audited, type AuditLine, printable } from '../../src/model/cluster-facts.ts';
import { isTrusted } from '../../src/model/cluster-state.ts';
import type { NodeId } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';

/** Equal refusals and failures within this time (milliseconds) become two lines: the first at once, then how many more there were. */
const togetherMs = 60_000;
/** Different ones within it; the rest shares a line. */
const mostAtOnce = 20;

export interface AuditTrailNeeds {
  readonly clock: Clock;
  append(line: Audited): Promise<unknown>;
  /** A line could not be stored. */
  onLost(error: unknown): void;
}

/** With how often it came again. */
type Counts = Map<string, { readonly line: AuditLine; more: number }>;

export class AuditTrail {
  readonly #node: NodeId;
  readonly #needs: AuditTrailNeeds;
  /** What is being counted: no number of strangers puts what an admin tried into the line of `several`. */
  readonly #counted: { readonly trusted: Counts; readonly others: Counts } = { trusted: new Map(), others: new Map() };

  constructor(options: { readonly node: NodeId }, needs: AuditTrailNeeds) {
    this.#node = options.node;
    this.#needs = needs;
  }

  /** Takes any text: what is too long or cannot be printed is made fit. Returns before the line is on disk. */
  write(line: AuditLine): void {
    if (line.outcome === 'done') this.#append(line);
    else this.#count(line);
  }

  #count(line: AuditLine): void {
    const counts = isTrusted(line) ? this.#counted.trusted : this.#counted.others;
    const own = JSON.stringify([line.who, line.door, line.action, line.outcome]);
    const isTooMany = !counts.has(own) && counts.size >= mostAtOnce;
    const key = isTooMany ? '' : own;
    const counted = counts.get(key);
    if (counted !== undefined) {
      counted.more += 1;
      return;
    }
    const { door, action, outcome } = line;
    const first: AuditLine = isTooMany ? { who: 'several', door, action, subject: '', outcome, ...roleIn(line) } : line;
    counts.set(key, { line: first, more: 0 });
    this.#append(first);
    this.#needs.clock.after(togetherMs, () => this.#tell(counts, key));
  }

  #tell(counts: Counts, key: string): void {
    const counted = counts.get(key);
    counts.delete(key);
    if (counted === undefined || counted.more === 0) return;
    const { who, door, action, outcome } = counted.line;
    this.#append({ who, door, action, subject: '', outcome, detail: `${counted.more} more within a minute`, ...roleIn(counted.line) });
  }

  #append(line: AuditLine): void {
    const { who, door, action, subject, outcome, detail } = line;
    const texts = { who: printable(who, 160), action: printable(action, 64), subject: printable(subject, 160) };
    const more = detail === undefined || detail === '' ? {} : { detail: printable(detail, 500) };
    const { clock, append, onLost } = this.#needs;
    append({ type: 'audited', at: clock.wall(), node: this.#node, door, outcome, ...texts, ...more, ...roleIn(line) }).catch(onLost);
  }
}

function roleIn({ role }: AuditLine): Pick<AuditLine, 'role'> {
  return role === undefined ? {} : { role };
}
