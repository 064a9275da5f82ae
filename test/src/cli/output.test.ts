import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NodeView } from '../../../src/api/views.ts';
import { statusText } from '../../../src/cli/output/cluster-text.ts';
import { jobProgress } from '../../../src/cli/output/job-progress.ts';
import { jobText, outcomeText } from '../../../src/cli/output/job-text.ts';
import { liveBlock } from '../../../src/cli/output/live-block.ts';
import { createOutput, type Mode } from '../../../src/cli/output/output.ts';
import { progressBlock, progressLine } from '../../../src/cli/output/progress-text.ts';
import { jsonText, oneLine, printable, styleOf, widthOf } from '../../../src/cli/output/style.ts';
import { table } from '../../../src/cli/output/table.ts';
import { bytesText, countText, durationText, percentText } from '../../../src/cli/output/units.ts';
import { SupervmError } from '../../../src/model/errors.ts';
import { doneView, sampleStatus, viewOf } from '../../support/fake-api.ts';

const plain = styleOf(false);
const controls = String.fromCharCode(27);

function terminal(interactive: boolean) {
  const printed = { out: '', error: '' };
  const take = (where: 'out' | 'error') => (text: string) => {
    printed[where] += text;
  };
  return {
    printed,
    terminal: { interactive, canAsk: false, columns: () => 60, out: take('out'), error: take('error'), read: async () => '', ask: async () => '' },
  };
}

describe('quantities', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [24 * 2 ** 30, '24.0 GiB'],
  ])('%d bytes', (bytes, text) => expect(bytesText(bytes)).toBe(text));

  test.each([
    [0.4, '0 s'],
    [59.6, '1 min'],
    [75, '1 min 15 s'],
    [7500, '2 h 5 min'],
    [7199, '2 h'],
  ])('%d seconds', (seconds, text) => expect(durationText(seconds)).toBe(text));

  test('counts and shares', () => {
    expect([countText(1, 'node'), countText(0, 'node'), percentText(0.999), percentText(1.2)]).toEqual(['1 node', '0 nodes', '99%', '100%']);
  });
});

test('columns are as wide as their widest cell, colours not counted', () => {
  const style = styleOf(true);
  expect(widthOf(style.bold('abc'))).toBe(3);
  expect(
    table([
      ['A', 'B'],
      ['long', 'x'],
      [style.good('ok'), 'y'],
    ]),
  ).toBe(`A     B\nlong  x\n${style.good('ok')}    y`);
});

describe('what others wrote', () => {
  const hostile = fc.string({
    unit: fc.oneof(
      fc.constantFrom('\u001b', '\u009b', '\u0000', '\u007f', '\u202e', '\u2066', '\u200f', '\ufeff', '\u2028', '\ud800', '\r', '\n', '\t', '\u{e0041}'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 40,
  });
  const harmless = /^(?:[\n\u200c\u200d]|[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}])*$/u;

  test('can neither move the cursor, colour the screen nor turn the direction of reading, and is not dropped', () => {
    const link = `${controls}]8;;http://x${controls}\\`;
    expect(printable(`${controls}[2Jred\u009b31m\tab\r\n${link}\u202eend\u0000`)).toBe('\\x1b[2Jred\\x9b31m ab\n\\x1b]8;;http://x\\x1b\\\\u202eend\\x00');
    fc.assert(fc.property(hostile, (text) => harmless.test(printable(text)) && harmless.test(oneLine(text)) && !oneLine(text).includes('\n')));
  });

  test('is whole in JSON, and harmless there too', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom(undefined, 2), (text, indentation) => {
        const json = jsonText({ [text]: [text] }, indentation);
        expect(JSON.parse(json)).toEqual({ [text]: [text] });
        expect(json).toMatch(harmless);
      }),
    );
  });

  test('joins what scripts and signs must have joined', () => expect(printable('👩‍🚀 می‌خواهم\tα')).toBe('👩‍🚀 می‌خواهم α'));

  test.each(['human', 'json', 'quiet'] as Mode[])('does nothing to a terminal, as %s', (mode) => {
    const { terminal: screen, printed } = terminal(true);
    const output = createOutput(mode, screen, true);
    const text = `${controls}]0;title\u0007\u009b2J`;
    output.show({ human: () => printable(text), json: { text }, quiet: text });
    output.warn(text, text);
    output.problem(new SupervmError('task-failed', text, text));
    expect(`${printed.out}${printed.error}`).toMatch(harmless);
    expect(`${printed.out}${printed.error}`).toContain(']0;title');
  });

  test('cannot pass for a line of ours', () => {
    const view = viewOf({
      name: 'cube\nerror: gone',
      failures: [{ task: 'a\nb', code: 'x\ny', message: 'm\ndone: 4 of 4', nodeName: 'n\n2', attempts: 1, logTail: '' }],
    });
    const lines = jobText(view, plain).split('\n');
    expect(lines.filter((line) => /^(error|done|b|y|2)/.test(line))).toEqual([]);
  });
});

describe('a block on a terminal', () => {
  test('shows the job, its nodes and their frames, within the terminal’s width', () => {
    const long = viewOf({ running: [{ ...viewOf().running[0], message: 'Fra:2 Mem:12M | a very long message of Blender that goes on and on' } as never] });
    const lines = progressBlock(long, undefined, 60, plain);
    expect(lines[0]).toBe('cube 3f2a9c1b  1 of 4 done, 1 running, about 12 s left');
    expect(lines[1]).toMatch(/^█+░+ 25%$/);
    expect(lines[2]).toMatch(/^ {2}n2 {2}render frame=2 {3}45% {2}3 s {2}Fra:2/);
    for (const line of lines) expect(line.length).toBeLessThan(60);
  });

  test('says why nothing runs', () => {
    const idle = viewOf({ running: [], tasks: { total: 4, kept: 0, running: 0, failed: 0, pending: 4 } });
    expect(progressBlock(idle, 'no node has blender.', 60, plain).at(-1)).toBe('  waiting: no node has blender.');
  });

  test('is drawn anew in its place', () => {
    const { printed, terminal: screen } = terminal(true);
    const block = liveBlock(screen);
    block.draw(['one', 'two']);
    block.draw(['three']);
    block.clear();
    block.clear();
    expect(printed.out).toBe(`one\ntwo\n${controls}[2A\r${controls}[Jthree\n${controls}[1A\r${controls}[J`);
  });
});

describe('progress', () => {
  function show(mode: Mode, interactive: boolean): string {
    const { printed, terminal: screen } = terminal(interactive);
    const progress = jobProgress(createOutput(mode, screen, true));
    progress.show(viewOf(), undefined);
    progress.show(viewOf({ deliveryProblem: { code: 'disk-full', message: 'No room.' } }), undefined);
    progress.end();
    return printed.out + printed.error;
  }

  test('is plain lines where there is no terminal, and news come at once', () => {
    expect(show('human', false)).toBe(
      '3f2a9c1b 1 of 4 done, 1 running, about 12 s left\n3f2a9c1b 1 of 4 done, 1 running, about 12 s left\n3f2a9c1b cannot write results: No room.\n',
    );
  });

  test('is a block where there is one', () => {
    expect(show('human', true)).toContain(`${controls}[`);
  });

  test.each(['json', 'quiet'] as const)('is nothing with --%s', (mode) => {
    expect(show(mode, true)).toBe('');
  });
});

test('a line names what failed and what is paused', () => {
  const view = viewOf({ phase: 'paused', tasks: { total: 9, kept: 3, running: 0, failed: 2, pending: 4 }, etaSeconds: undefined });
  expect(progressLine(view)).toBe('3 of 9 done, 2 failed, paused');
});

test('a status says when the term is degraded, and what goes on', () => {
  const standing = { quorate: false, reachable: 1, voters: 3 };
  expect(statusText({ ...sampleStatus, standing }, plain)).toContain('(term 7, degraded: 1 of 3 voters reachable, repeatable work goes on)');
  expect(statusText({ ...sampleStatus, standing: undefined }, plain)).toContain('(term 7)');
});

test('a status says on which machines tasks are not kept apart, and why', () => {
  const [first, second] = sampleStatus.nodes as [NodeView, NodeView];
  const open = (node: NodeView, reason?: string): NodeView => ({
    ...node,
    inventory: { ...node.inventory, labels: { sandbox: 'none', ...(reason === undefined ? {} : { 'sandbox-reason': reason }) } },
  });
  const text = statusText({ ...sampleStatus, nodes: [open(first, 'bwrap: No permissions to create new namespace'), open(second)] }, plain);
  expect(text).toContain(`tasks on ${first.name} can read and change what the daemon's user can: bwrap: No permissions`);
  expect(text).toContain(`tasks on ${second.name} can read and change what the daemon's user can: bubblewrap is missing or not permitted`);
});

test('a status says of a node that drains just that, of another one that it is paused', () => {
  const [first, second] = sampleStatus.nodes as [NodeView, NodeView];
  const draining = { ...first, paused: true, inventory: { ...first.inventory, labels: { draining: 'yes' } } };
  const text = statusText({ ...sampleStatus, nodes: [draining, { ...second, paused: true }] }, plain);
  expect(text.match(/draining|paused/g)).toEqual(['draining', 'paused']);
});

test('a job with conflicting results names the machines and the digests', () => {
  const results = ['a', 'b'].map((digit) => ({
    nodeName: `n-${digit}`,
    quorate: false,
    outputs: [{ path: '1.png', digest: digit.repeat(64), size: 1 }],
  }));
  const text = jobText({ ...doneView, conflictingResults: [{ task: 'render frame=1', results }] }, plain);
  expect(text).toContain('render frame=1 has 2 results: aaaaaaaa from n-a was chosen, not bbbbbbbb from n-b');
});

test('an outcome tells a conflict rather than hiding it', () => {
  expect(outcomeText({ ...doneView, conflicts: ['render frame=1'] }, plain)).toContain('1 task had two results');
});

describe('an error', () => {
  const error = new SupervmError('no-daemon', 'No daemon runs here.', 'Start it.');

  test('is a message and the next step for people', () => {
    const { printed, terminal: screen } = terminal(true);
    createOutput('human', screen, true).problem(error);
    expect(printed).toEqual({ out: '', error: 'error: No daemon runs here.\n  Start it.\n' });
  });

  test('is one line of JSON for scripts', () => {
    const { printed, terminal: screen } = terminal(false);
    createOutput('json', screen, true).problem(error);
    expect(JSON.parse(printed.error)).toMatchObject({ code: 'no-daemon', exit: 5 });
  });
});

test('colours are for terminals only, and not where they are not wanted', () => {
  const greeting = { human: (style: typeof plain) => style.bold('hello'), json: 0, quiet: '' };
  const shown = (interactive: boolean, noColor: boolean): string => {
    const { printed, terminal: screen } = terminal(interactive);
    createOutput('human', screen, noColor).show(greeting);
    return printed.out;
  };
  expect(shown(true, false)).toBe(`${controls}[1mhello${controls}[22m\n`);
  expect(shown(true, true)).toBe('hello\n');
  expect(shown(false, false)).toBe('hello\n');
});
