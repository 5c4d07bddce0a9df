import { describe, expect, it } from 'vitest';
import { newSecret } from '../../lib/domain/secrets.ts';
import { signatureHeaders } from '../../lib/domain/signature.ts';
import type { InboundRequest, Verification } from '../../lib/domain/source.ts';
import { verify } from '../../lib/domain/verify.ts';
import { dice } from './egress-spellings.ts';
import { inbound, NOW_MS, NOW_SECONDS } from './verify-fixtures.ts';
import { SCHEMES, type Scheme } from './verify-schemes.ts';

/** For each provider; ed25519 takes a hundred times as long as a MAC. */
const MUTATIONS = 25_000;
const MUTATIONS_ED25519 = 5_000;
const PERMUTATIONS = 1_000;
const PER_MESSAGE = 100;
const SEED = Date.now() >>> 0;
const WAIT = { timeout: 240_000 };

interface Signed {
  readonly request: InboundRequest;
  readonly verification: Verification;
}

function signed(scheme: Scheme, roll: () => number, body: Uint8Array): Signed {
  const secrets = [{ secret: newSecret(scheme.kind, Buffer.from(bytes(roll, 32))) }];
  const message = {
    id: `evt_${roll().toString(36)}${roll().toString(36)}`,
    timestampSeconds: NOW_SECONDS - 300 + (roll() % 601),
    body,
  };
  const headers = signatureHeaders(scheme.signing(secrets), message, NOW_MS);
  return { request: inbound(headers, body), verification: scheme.verification(secrets) };
}

function bytes(roll: () => number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => roll() & 0xff);
}

/** The request with one bit turned: in the body, or in a header that the signature covers. */
function mutated(scheme: Scheme, roll: () => number, request: InboundRequest): InboundRequest {
  const place = roll() % (scheme.covered.length + 1);
  const name = scheme.covered[place];
  if (name === undefined) {
    const body = Uint8Array.from(request.body);
    const at = roll() % body.length;
    body[at] = (body[at] ?? 0) ^ (1 << (roll() % 8));
    return { ...request, body };
  }
  const text = request.headers[name] ?? '';
  const at = roll() % text.length;
  const turned = String.fromCharCode(text.charCodeAt(at) ^ (1 << (roll() % 8)));
  const value = text.slice(0, at) + turned + text.slice(at + 1);
  return { ...request, headers: { ...request.headers, [name]: value } };
}

describe(`one bit turned anywhere, with seed ${SEED}`, () => {
  let total = 0;

  it.each(Object.entries(SCHEMES))('%s refuses every one', WAIT, (name, scheme) => {
    const roll = dice(SEED + name.length);
    const count = name.endsWith('ed25519') ? MUTATIONS_ED25519 : MUTATIONS;
    let made = 0;
    while (made < count) {
      const { request, verification } = signed(scheme, roll, bytes(roll, 1 + (roll() % 300)));
      if (verify(verification, request, NOW_MS).kind !== 'verified') throw new Error('not signed');
      for (let each = 0; each < PER_MESSAGE; each++, made++) {
        const changed = mutated(scheme, roll, request);
        const verdict = verify(verification, changed, NOW_MS);
        if (verdict.kind === 'verified') {
          throw new Error(`let through: ${JSON.stringify([request.headers, changed.headers])}`);
        }
      }
    }
    total += made;
    process.stdout.write(`${name}: ${made} mutations, 0 accepted\n`);
  });

  it('in more than a hundred thousand requests, none of them accepted', () => {
    expect(total).toBeGreaterThanOrEqual(100_000);
    process.stdout.write(`${total} mutations in all, 0 accepted\n`);
  });
});

describe('JSON with its keys in another order', () => {
  it.each(Object.entries(SCHEMES))('is refused by %s', WAIT, (_, scheme) => {
    const roll = dice(SEED);
    for (let made = 0; made < PERMUTATIONS; made++) {
      const entries = Array.from({ length: 2 + (roll() % 6) }, (_, at) => [`k${at}`, roll()]);
      const at = roll() % (entries.length - 1);
      const turned = entries.with(at, entries[at + 1] ?? []).with(at + 1, entries[at] ?? []);
      const [text, other] = [entries, turned].map((list) =>
        JSON.stringify(Object.fromEntries(list)),
      );
      const { request, verification } = signed(scheme, roll, Buffer.from(text ?? ''));
      const changed = { ...request, body: Buffer.from(other ?? '') };
      expect(verify(verification, request, NOW_MS).kind).toBe('verified');
      expect(verify(verification, changed, NOW_MS).kind).toBe('rejected');
    }
  });
});
