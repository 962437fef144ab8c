import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isPlainPath } from '../../../gateway/policies/refuse-ambiguity.ts';

describe('a path is refused when it could be read in two ways:', () => {
  const odd = [
    '', '*', 'portal', 'http://a/b', '/a//b', '//a', '/.', '/..', '/a/../b', '/a/./b', '/%2e', '/%2e%2e/b', '/.%2e/b', '/%2E%2E%2Fb', '/a%2f..%2fb', '/a%2f%2fb', '/%252e%252e', '/a%00', '/a%0d%0ab',
    '/a\\b', '/a%5cb', '/a;x=1', '/a%3bx', '/a b', '/a\tb', '/ä', '/%ff', '/%c0%ae%c0%ae/b', '/%e0%80%ae', '/a%', '/a%2', '/a%zz', '/a#b', '/a?b', '/a|b', '/a"b', '/a<b', '/a{b}', '/a^b', '/a`b', '/%7f', '/%c2%85',
  ];
  for (const path of odd) test(JSON.stringify(path), () => assert.equal(isPlainPath(path), false));
});

describe('a path is plain when there is one way to read it:', () => {
  for (const path of ['/', '/a', '/a/', '/a/b-c_d.e~f', '/PO%20a%2Fb', '/a:b@c,d', '/%C3%A4', '/...', '/a..b']) test(path, () => assert.equal(isPlainPath(path), true));

  test('and then a reader that decodes, cleans up and encodes again arrives at the same address', () => {
    const piece = fc.oneof(fc.constantFrom('a', '.', '..', '%2e', '%2E', '%2f', '/', '//', '%5c', ';', '%25', '%00', '%c3%a4', '~', ' '), fc.string({ maxLength: 3 }));
    fc.assert(fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const path = `/${pieces.join('')}`;
      if (!isPlainPath(path)) return;
      const cleaned = new URL(path, 'http://a').pathname;
      assert.equal(decodeURIComponent(cleaned), decodeURIComponent(path));
    }));
  });
});
