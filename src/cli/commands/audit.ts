/** audit */
import type { AuditView } from '../../api/cluster-views.ts';
import { SupervmError } from '../../model/errors.ts';
import { wall } from '../clock.ts';
import type { Context, Exit } from '../context.ts';
import { readDuration } from '../duration.ts';
import { oneLine, type Style } from '../output/style.ts';
import { table } from '../output/table.ts';
import { momentText, shortId } from '../output/units.ts';

export interface AuditFlags {
  readonly since?: string;
  readonly who?: string;
}

/** Who did what through which door, the newest last. */
export async function audit({ client, output }: Context, { since, who }: AuditFlags): Promise<Exit> {
  const query = { ...(since === undefined ? {} : { since: String(momentOf(since)) }), ...(who === undefined ? {} : { who }) };
  const lines = await client().call('audit', { query });
  output.show({ human: (style) => auditText(lines, style), json: lines, quiet: lines.map(quietLine).join('\n') });
  return 0;
}

/** A length of time before now, or a date. */
function momentOf(text: string): number {
  const date = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text.length === 10 ? `${text}T00:00` : text) : Number.NaN;
  if (!Number.isNaN(date)) return Math.max(0, date);
  try {
    return Math.max(0, Math.round(wall() - readDuration(text, '--since') * 1000));
  } catch {
    throw new SupervmError(
      'usage',
      `--since: ${JSON.stringify(text)} is neither a length of time nor a date.`,
      'For example --since 2h, --since 7d or --since 2030-01-31.',
    );
  }
}

/** A line for each, 80 columns where names are short; what was refused or failed stands out. */
function auditText(lines: readonly AuditView[], style: Style): string {
  if (lines.length === 0) return 'Nothing is written down that fits.';
  const rows = lines.map((line) => [
    momentText(line.at),
    cut(line.nodeName, 12),
    `${cut(line.who, 20)}${line.door === 'socket' ? '' : ` (${line.door})`}`,
    whatText(line, style),
  ]);
  return table([['WHEN', 'WHERE', 'WHO', 'WHAT'], ...rows]);
}

function whatText({ action, subject, outcome, detail }: AuditView, style: Style): string {
  const what = [oneLine(action), cut(/^[0-9a-f]{64}$/.test(subject) ? shortId(subject) : subject, 24)].filter((word) => word !== '').join(' ');
  const how = outcome === 'done' ? [] : [outcome];
  const note = [...how, ...(detail === undefined ? [] : [oneLine(detail)])].join(': ');
  if (note === '') return what;
  return outcome === 'done' ? `${what} ${style.dim(`(${note})`)}` : `${what} ${style.bad(note)}`;
}

function cut(text: string, most: number): string {
  const line = oneLine(text);
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}

/** For scripts: columns that a tab parts. */
function quietLine({ at, nodeName, who, door, action, subject, outcome }: AuditView): string {
  return [String(at), nodeName, who, door, action, subject, outcome].map((cell) => oneLine(cell).replaceAll('\t', ' ')).join('\t');
}
