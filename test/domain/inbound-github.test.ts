import samples from '@octokit/webhooks-examples/api.github.com/index.json' with { type: 'json' };
import { sign } from '@octokit/webhooks-methods';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPE } from '../../lib/domain/event.ts';
import { inboundEvent } from '../../lib/domain/inbound.ts';
import { verify } from '../../lib/domain/verify.ts';
import { fixed, GITHUB_SECRET, inbound, NOW_MS } from './verify-fixtures.ts';

const verification = fixed('github', [GITHUB_SECRET]);

describe('the payloads GitHub really sends', () => {
  it('has samples of every kind', () => {
    expect(samples.length).toBeGreaterThan(40);
  });

  it.each(samples.map(({ name, examples }) => ({ name, examples })))(
    '$name is verified, typed by its name and kept whole',
    async ({ name, examples }) => {
      for (const [i, payload] of examples.entries()) {
        const body = JSON.stringify(payload);
        const headers = {
          'content-type': 'application/json',
          'x-github-event': name,
          'x-github-delivery': `${name}-${i}`,
          'x-hub-signature-256': await sign(GITHUB_SECRET, body),
        };
        const request = inbound(headers, body);
        const verdict = verify(verification, request, NOW_MS);
        if (verdict.kind !== 'verified') throw new Error(verdict.reason);
        const event = inboundEvent({ verification, eventTypePrefix: 'github' }, request, verdict);
        expect(event.type).toBe(`github.${name}`);
        expect(event.type).toMatch(EVENT_TYPE);
        expect(event.deliveryId).toBe(`${name}-${i}`);
        expect(JSON.stringify(event.data)).toBe(body);
      }
    },
  );
});
