/** Writes lines of the audit. What is refused is counted, not repeated: a flood of strangers must not become a flood of facts. */
import { type Audited, type AuditLine, printable } from '../../src/model/cluster-facts.ts';
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

export class AuditTrail {
  readonly #node: NodeId;
  readonly #needs: AuditTrailNeeds;
  /** What is being counted, with how often it came again. */
  readonly #counted = new Map<string, { readonly line: AuditLine; more: number }>();

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
    const key = JSON.stringify([line.who, line.door, line.action, line.outcome]);
    const isTooMany = !this.#counted.has(key) && this.#counted.size >= mostAtOnce;
    const counted = this.#counted.get(isTooMany ? '' : key);
    if (counted !== undefined) {
      counted.more += 1;
      return;
    }
    const others: AuditLine = { who: 'several', door: line.door, action: line.action, subject: '', outcome: line.outcome };
    const first = isTooMany ? others : line;
    this.#counted.set(isTooMany ? '' : key, { line: first, more: 0 });
    this.#append(first);
    this.#needs.clock.after(togetherMs, () => this.#tell(isTooMany ? '' : key));
  }

  #tell(key: string): void {
    const counted = this.#counted.get(key);
    this.#counted.delete(key);
    if (counted === undefined || counted.more === 0) return;
    const { who, door, action, outcome } = counted.line;
    this.#append({ who, door, action, subject: '', outcome, detail: `${counted.more} more within a minute` });
  }

  #append({ who, door, action, subject, outcome, detail }: AuditLine): void {
    const texts = { who: printable(who, 160), action: printable(action, 64), subject: printable(subject, 160) };
    const more = detail === undefined || detail === '' ? {} : { detail: printable(detail, 500) };
    const { clock, append, onLost } = this.#needs;
    append({ type: 'audited', at: clock.wall(), node: this.#node, door, outcome, ...texts, ...more }).catch(onLost);
  }
}
