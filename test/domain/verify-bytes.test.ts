import { describe, expect, it } from 'vitest';
import { newSecret } from '../../lib/domain/secrets.ts';
import { signatureHeaders } from '../../lib/domain/signature.ts';
import { verify } from '../../lib/domain/verify.ts';
import { inbound, NOW_MS, NOW_SECONDS } from './verify-fixtures.ts';
import { SCHEMES } from './verify-schemes.ts';

/** Bodies that are one and the same for whoever signs text, or parsed JSON, instead of bytes. */
const LOOK_ALIKES = [
  ['two bytes that are no UTF-8', [0xff, 0x00, 0x80, 0x41], [0xfe, 0x00, 0x80, 0x41]],
  ['no UTF-8 and the mark for it', [0xff], [...Buffer.from('\ufffd')]],
  ['half a character and the mark for it', [0xc3], [...Buffer.from('\ufffd')]],
  ['with a byte order mark and without', [...Buffer.from('\ufeff{}')], [...Buffer.from('{}')]],
  ['composed and decomposed', [...Buffer.from('é')], [...Buffer.from('e\u0301')]],
  ['two kinds of line ends', [...Buffer.from('a\r\n')], [...Buffer.from('a\n')]],
  ['a space at the end', [...Buffer.from('{} ')], [...Buffer.from('{}')]],
  ['a NUL at the end', [...Buffer.from('{}\0')], [...Buffer.from('{}')]],
  ['an escaped letter', [...Buffer.from('"\\u0061"')], [...Buffer.from('"a"')]],
  ['two spellings of a number', [...Buffer.from('[1.0]')], [...Buffer.from('[1]')]],
  ['keys turned round', [...Buffer.from('{"a":1,"b":2}')], [...Buffer.from('{"b":2,"a":1}')]],
  ['a key given twice', [...Buffer.from('{"a":1,"a":2}')], [...Buffer.from('{"a":2}')]],
  ['nothing and a space', [], [0x20]],
] as const;

describe.each(Object.entries(SCHEMES))('%s signs bytes', (_, scheme) => {
  const secrets = [{ secret: newSecret(scheme.kind, Buffer.alloc(32, 7)) }];

  it.each(LOOK_ALIKES)('and tells bodies apart: %s', (_name, first, second) => {
    for (const [sent, other] of [
      [first, second],
      [second, first],
    ] as const) {
      const body = Uint8Array.from(sent);
      const message = { id: 'evt_1', timestampSeconds: NOW_SECONDS, body };
      const headers = signatureHeaders(scheme.signing(secrets), message, NOW_MS);
      const verdict = (bytes: readonly number[]) =>
        verify(scheme.verification(secrets), inbound(headers, Uint8Array.from(bytes)), NOW_MS);
      expect(verdict(sent).kind).toBe('verified');
      expect(verdict(other)).toEqual({ kind: 'rejected', reason: 'bad-signature' });
    }
  });
});
