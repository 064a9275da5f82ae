import { describe, expect, test } from 'vitest';
import { assertSameOrigin, type OwnNames } from '../../../daemon/http/same-origin.ts';

interface Given {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly localAddress?: string;
  readonly localPort?: number;
}

const plain: OwnNames = { scheme: 'http', names: [] };

function verdictOn({ method = 'GET', url = '/health', headers = [], localAddress = '127.0.0.1', localPort = 3000 }: Given, own = plain): string {
  const rawHeaders = headers.flat();
  // As Node gives them: names in lower case, the first of several.
  const joined = Object.fromEntries(headers.toReversed().map(([name, value]) => [name.toLowerCase(), value]));
  try {
    assertSameOrigin({ method, url, headers: joined, rawHeaders, socket: { localAddress, localPort } }, own);
    return 'let in';
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}

const host = ['Host', 'localhost:3000'] as const;

describe('the name by which we are addressed', () => {
  test.each([['localhost:3000'], ['127.0.0.1:3000'], ['LOCALHOST:3000']])('may be %s', (name) => {
    expect(verdictOn({ headers: [['Host', name]] })).toBe('let in');
  });

  test.each([
    ['evil.example:3000'],
    ['localhost'],
    ['localhost:3001'],
    ['localhost.:3000'],
    ['localhost.evil.example:3000'],
    ['127.0.0.1.evil.example:3000'],
    ['127.0.0.2:3000'],
    ['127.1:3000'],
    ['2130706433:3000'],
    ['0.0.0.0:3000'],
    ['[::1]:3000'],
    ['[::ffff:127.0.0.1]:3000'],
    ['user@localhost:3000'],
    [' localhost:3000'],
    [''],
  ])('may not be %j', (name) => {
    expect(verdictOn({ headers: [['Host', name]] })).toBe('not-allowed');
  });

  test('is there once', () => {
    expect(verdictOn({ headers: [] })).toBe('not-allowed');
    expect(verdictOn({ headers: [host, ['host', 'evil.example:3000']] })).toBe('not-allowed');
  });

  test('is the address that the connection came to, or one of the names that were configured', () => {
    const own: OwnNames = { scheme: 'https', names: ['box.lan', 'tunnel:9000'] };
    const at = (name: string): string => verdictOn({ headers: [['Host', name]], localAddress: '::ffff:192.168.1.5' }, own);
    expect(['192.168.1.5:3000', 'box.lan:3000', 'tunnel:9000'].map(at)).toEqual(['let in', 'let in', 'let in']);
    expect(['192.168.1.6:3000', 'localhost:3000', 'box.lan', 'tunnel:3000', 'tunnel'].map(at)).toEqual(Array(5).fill('not-allowed'));
    expect(verdictOn({ headers: [['Host', '[fd00::5]:3000']], localAddress: 'fd00::5' }, own)).toBe('let in');
  });

  test('needs no port where it is the scheme’s own', () => {
    expect(verdictOn({ headers: [['Host', 'localhost']], localPort: 80 })).toBe('let in');
    expect(verdictOn({ headers: [['Host', 'localhost']], localPort: 443 })).toBe('not-allowed');
  });
});

describe('a page behind the request', () => {
  test.each([
    ['http://localhost:3000', 'let in'],
    ['https://localhost:3000', 'not-allowed'],
    ['http://localhost:3001', 'not-allowed'],
    ['http://127.0.0.1:3000', 'not-allowed'],
    ['http://evil.example', 'not-allowed'],
    ['null', 'not-allowed'],
    ['', 'not-allowed'],
  ])('of origin %j is %s', (origin, verdict) => {
    expect(verdictOn({ headers: [host, ['Origin', origin]] })).toBe(verdict);
  });

  test.each([
    ['same-origin', 'let in'],
    ['none', 'let in'],
    ['same-site', 'not-allowed'],
    ['cross-site', 'not-allowed'],
    ['', 'not-allowed'],
  ])('of which the browser says %j is %s', (site, verdict) => {
    expect(verdictOn({ headers: [host, ['Sec-Fetch-Site', site]] })).toBe(verdict);
  });
});

describe('what changes something', () => {
  test.each([
    ['application/json', 'let in'],
    ['application/json; charset=utf-8', 'let in'],
    ['Application/JSON;charset="UTF-8"', 'let in'],
    ['text/plain', 'bad-request'],
    ['text/plain; application/json', 'bad-request'],
    ['application/json; charset=utf-16', 'bad-request'],
    ['application/x-www-form-urlencoded', 'bad-request'],
    ['multipart/form-data; boundary=application/json', 'bad-request'],
    ['application/jsonp', 'bad-request'],
    ['', 'bad-request'],
  ])('sent as %j is %s', (type, verdict) => {
    expect(verdictOn({ method: 'POST', headers: [host, ['Content-Type', type]] })).toBe(verdict);
  });

  test('says its type once, a body or none, by whatever method', () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'QUERY']) expect(verdictOn({ method, headers: [host] })).toBe('bad-request');
    const twice = [host, ['Content-Type', 'application/json'], ['content-type', 'text/plain']] as const;
    expect(verdictOn({ method: 'POST', headers: twice })).toBe('bad-request');
  });
});

describe('the address', () => {
  const token = `svm_${'a1'.repeat(16)}`;
  test.each([
    [`/api/v1/status?token=${token}`],
    [`/api/v1/jobs/${token}`],
    [`/api/v1/status?x=svm%5f${'A'.repeat(32)}`],
    [`/api/v1/status?x=%73vm_${'A'.repeat(32)}`],
  ])('that holds a token is refused: %s', (url) => {
    expect(verdictOn({ url, headers: [host] })).toBe('bad-request');
  });

  test('may name a node that is called like us', () => {
    expect(verdictOn({ url: '/api/v1/nodes/svm_1', headers: [host] })).toBe('let in');
  });

  test('is a path, not an address of somebody else', () => {
    expect(verdictOn({ url: 'http://evil.example/health', headers: [host] })).toBe('bad-request');
  });
});
