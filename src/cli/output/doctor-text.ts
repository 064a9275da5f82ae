/** What doctor found, for people. Pure. */
import type { Finding, State } from '../doctor/finding.ts';
import { repairsOf, repairText } from '../doctor/repair.ts';
import { printable, type Style } from './style.ts';
import { countText } from './units.ts';

const words: { readonly [state in State]: string } = { ok: 'ok', warning: 'warning', failing: 'FAILING', 'not-applicable': '-' };
const margin = ' '.repeat(11);

/** One line for what is well, details for the rest; `columns` wide, except lines to type, which stay whole. */
export function doctorText(findings: readonly Finding[], style: Style, columns: number): string {
  const blocks = [...Map.groupBy(findings, ({ group }) => group)].map(([group, those]) =>
    [style.bold(group), ...those.flatMap((one) => textOf(one, style, columns))].join('\n'),
  );
  return [...blocks, summaryOf(findings, style)].join('\n\n');
}

export function countsOf(findings: readonly Finding[]): { readonly [state in State]: number } {
  const count = (state: State): number => findings.filter((one) => one.state === state).length;
  return { ok: count('ok'), warning: count('warning'), failing: count('failing'), 'not-applicable': count('not-applicable') };
}

function textOf(finding: Finding, style: Style, columns: number): readonly string[] {
  const { state, name, cause, advice, commands } = finding;
  const text = `${name}: ${printable(finding.found)}`;
  const mark = words[state].padEnd(8);
  if (state === 'ok') return [cut(`  ${style.good(mark)} ${text}`, `  ${mark} ${text}`, columns)];
  const paint = { failing: style.bad, warning: style.warning, 'not-applicable': style.dim }[state];
  const [first = '', ...more] = wrap(text, columns - margin.length);
  return [
    `  ${paint(mark)} ${first}`,
    ...[...more, ...wrap(printable(cause), columns - margin.length), ...wrap(printable(advice), columns - margin.length)].map((line) => `${margin}${line}`),
    ...commands.map((line) => `${margin}  ${style.bold(printable(line))}`),
  ];
}

/** `text` with its colours, cut where the plain one is too long. */
function cut(text: string, plain: string, columns: number): string {
  const over = [...plain].length - columns;
  return over <= 0
    ? text
    : `${[...text]
        .slice(0, -(over + 1))
        .join('')
        .trimEnd()}…`;
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter((part) => part !== '')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

function summaryOf(findings: readonly Finding[], style: Style): string {
  const counts = countsOf(findings);
  const parts = [
    counts.failing === 0 ? '' : style.bad(`${counts.failing} failing`),
    counts.warning === 0 ? '' : style.warning(countText(counts.warning, 'warning')),
    `${counts.ok} ok`,
  ].filter((part) => part !== '');
  const repairs = repairsOf(findings);
  const offer = repairs.length === 0 ? [] : [`${style.bold('supervm doctor --fix')} would:`, ...repairs.map((repair) => `  ${printable(repairText(repair))}`)];
  return [`${parts.join(', ')}.`, ...offer].join('\n');
}
