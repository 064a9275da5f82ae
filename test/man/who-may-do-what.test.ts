/** What README.md and SECURITY.md say of who may do what is what the routes and the protocols do. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { protocolLimits } from '../../daemon/network/limits/protocol-limits.ts';
import { workerPowers } from '../../daemon/network/worker-powers.ts';
import type { RouteRole } from '../../src/api/roles.ts';
import { routes } from '../../src/api/routes.ts';

/** The cells of the table under a heading of these cells, without the line below it. */
function tableOf(page: string, heading: readonly string[]): readonly (readonly string[])[] {
  const lines = readFileSync(join(import.meta.dirname, '../..', page), 'utf8').split('\n');
  const start = lines.indexOf(`| ${heading.join(' | ')} |`);
  expect(start, `${page} has a table of ${heading.join(', ')}`).toBeGreaterThan(0);
  const end = lines.findIndex((line, place) => place > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

const wordsIn = (text: string): readonly string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, word]) => word as string);

describe('the table of routes in README.md', () => {
  const ranks: { readonly [words: string]: RouteRole } = {
    ...{ viewer: 'viewer', user: 'user', admin: 'admin' },
    'whoever has a one-time code': 'code',
    'the owner, over the socket': 'owner',
  };

  /** `GET \`jobs/JOB\` \`.../why\`; POST ...`: whole paths, parameters without their names. */
  function routesIn(cell: string): readonly string[] {
    return cell.split(';').flatMap((part) => {
      const [method = ''] = part.trim().split(' ');
      let folder = '';
      return wordsIn(part).map((word) => {
        const path = word.startsWith('...') ? `${folder}${word.slice(3)}` : word.startsWith('/') ? word : `/api/v1/${word}`;
        if (!word.startsWith('...')) folder = path.slice(0, path.lastIndexOf('/'));
        return `${method} ${path.replaceAll(/\/[A-Z]+\b/g, '/:')}`;
      });
    });
  }

  test('names each route once, with the role that it needs', () => {
    const told = tableOf('README.md', ['routes (below `/api/v1`)', 'role']).flatMap(([cell = '', words = '']) =>
      routesIn(cell).map((route) => `${route} ${ranks[words] ?? `? ${words}`}`),
    );
    const served = Object.values(routes).map(({ method, path, role }) => `${method} ${path.replaceAll(/\/:\w+/g, '/:')} ${role}`);
    expect(told.toSorted()).toEqual(served.toSorted());
  });
});

describe('the table of protocols in SECURITY.md', () => {
  const kinds = { messages: 'message', asks: 'request', answers: 'reply' } as const;

  function powersIn(cell: string): object {
    if (cell === 'nothing') return {};
    if (cell === 'of itself: everything') return { message: 'any' };
    return Object.fromEntries(
      cell.split(';').map((part) => {
        const [, verb = '', rest = ''] = /^(messages|asks|answers)(.*)$/.exec(part.trim()) ?? [];
        return [kinds[verb as keyof typeof kinds] ?? `? ${part}`, rest === ': everything' ? 'any' : wordsIn(rest)];
      }),
    );
  }

  test('names each protocol once, with all that a worker may say on it', () => {
    const told = tableOf('SECURITY.md', ['protocol', 'what a worker may say']).map(([name = '', cell = '']) => [
      `/supervm/${wordsIn(name)[0]}/1`,
      powersIn(cell),
    ]);
    // The hello comes before anybody has a role.
    const spoken = Object.keys(protocolLimits).filter((protocol) => protocol !== '/supervm/hello/1');
    expect(told.map(([protocol]) => protocol).toSorted()).toEqual(spoken.toSorted());
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(spoken.map((protocol) => [protocol, workerPowers[protocol] ?? {}])));
  });
});
