import { describe, expect, it } from 'vitest';
import { redacted, redactedHeaders, secretsOf } from '../../lib/domain/redaction.ts';

const none = { scheme: 'none' } as const;

describe('what a receiver echoes', () => {
  it.each([
    [{ type: 'bearer', token: 'tok-123456' }, 'got Bearer tok-123456!', 'got Bearer ***!'],
    [
      { type: 'apiKey', header: 'x-key', value: 'k"quoted"' },
      '{"k":"k\\"quoted\\""}',
      '{"k":"***"}',
    ],
    [{ type: 'basic', username: 'u', password: 'pass-word' }, 'pass-word', '***'],
    [
      { type: 'basic', username: 'u', password: 'pass-word' },
      `Basic ${Buffer.from('u:pass-word').toString('base64')}`,
      'Basic ***',
    ],
    [{ type: 'none' }, 'nothing', 'nothing'],
  ] as const)('%j is struck out', (auth, text, expected) => {
    expect(redacted(text, secretsOf({ auth, signing: none }))).toBe(expected);
  });

  it('includes signing secrets, in headers too', () => {
    const signing = {
      scheme: 'github',
      secrets: [{ secret: 'first-secret' }, { secret: 'second-secret' }],
    } as const;
    const secrets = secretsOf({ auth: { type: 'none' }, signing });
    expect(redactedHeaders({ a: 'x first-secret second-secret', b: 'y' }, secrets)).toEqual({
      a: 'x *** ***',
      b: 'y',
    });
  });

  it('is struck out where the answer was cut off in the middle of it', () => {
    const auth = { type: 'bearer', token: 'tok-123456789' } as const;
    expect(redacted('you sent tok-12345', secretsOf({ auth, signing: none }))).toBe('you sent ***');
    expect(redacted('you sent tok-12', secretsOf({ auth, signing: none }))).toBe('you sent ***');
    expect(redacted('you sent tok-', secretsOf({ auth, signing: none }))).toBe('you sent tok-');
  });

  it('includes what the endpoint carries in its query', () => {
    const endpoint = 'https://example.com/hook?key=s3cr3t-key%21';
    const secrets = secretsOf({ auth: { type: 'none' }, signing: none, endpoint });
    expect(redacted('/hook?key=s3cr3t-key%21 or s3cr3t-key!', secrets)).toBe(
      '/hook?key=*** or ***',
    );
  });

  it('includes all that stands behind the first question mark, as it is and as it is sent', () => {
    const endpoint = 'https://example.com/h?to=https://x.example.com/in?key=SUPERSECRET"VALUE';
    const secrets = secretsOf({ auth: { type: 'none' }, signing: none, endpoint });
    for (const echoed of [endpoint, new URL(endpoint).href]) {
      expect(redacted(echoed, secrets)).not.toMatch(/SUPERSECRET|VALUE/);
    }
  });

  it('is struck out whole where another secret is its beginning', () => {
    const auth = { type: 'basic', username: 'a', password: 'abcdef' } as const;
    const signing = { scheme: 'github', secrets: [{ secret: 'abcdefSECRETREST' }] } as const;
    expect(redacted('abcdefSECRETREST', secretsOf({ auth, signing }))).toBe('***');
  });

  it.each([
    ['Python', '"p\\u00e4ss/w<rd"'],
    ['PHP', '"p\\u00e4ss\\/w<rd"'],
    ['Go', '"päss/w\\u003crd"'],
    ['.NET', '"p\\u00E4ss/w\\u003Crd"'],
  ])('is struck out as %s writes it in JSON', (_, text) => {
    const auth = { type: 'bearer', token: 'päss/w<rd' } as const;
    expect(redacted(text, secretsOf({ auth, signing: none }))).toBe('"***"');
  });

  it('leaves words alone that happen to be a very short secret', () => {
    const auth = { type: 'bearer', token: 'ok' } as const;
    expect(redacted('ok', secretsOf({ auth, signing: none }))).toBe('ok');
  });
});
