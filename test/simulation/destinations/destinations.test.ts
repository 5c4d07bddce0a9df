import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import type { CallResult } from '../../../lib/app/ports-sending.ts';
import { signatureHeaders } from '../../../lib/domain/signature.ts';
import { type Fault, listedFaults } from '../kernel/faults.ts';
import { START_MS, simulate } from '../kernel/simulate.ts';
import { type Behaviour, HEALTHY, outages, type Phase } from './behaviour.ts';
import { type Entry, receivers } from './receivers.ts';
import { verdictOn } from './signature.ts';

const MINUTE_MS = 60_000;
const TIMEOUT_MS = 10_000;
const HOST = 'api.example.com';
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;

interface Told {
  readonly results: readonly CallResult[];
  readonly ledger: readonly Entry[];
  readonly deaths: number;
}

/** Sends one request at each of these times. */
async function sending(
  phases: readonly Phase[],
  { atMs = [0] as readonly number[], faults = [] as readonly Fault[], to = HOST } = {},
): Promise<Told> {
  const results: CallResult[] = [];
  let ledger: readonly Entry[] = [];
  let deaths = 0;
  await simulate({ seed: 1, faults: listedFaults(faults), forMs: 1e9 }, (simulation) => {
    const there = receivers(simulation, [{ host: HOST, phases }]);
    ledger = there.ledger;
    const process = simulation.spawn('p', { isMortal: true, onDeath: () => deaths++ });
    const call = {
      ...{ url: `https://${to}/hook?x=1`, method: 'POST', headers: { 'webhook-id': 'evt_1' } },
      ...{ body: Buffer.from('{"a":1}'), timeoutMs: TIMEOUT_MS },
    };
    for (const ms of atMs) {
      simulation.world.clock.after(ms, () =>
        process.start(
          () => there.senderOf(process).send(call),
          (outcome) => {
            if (outcome.kind === 'done') results.push(outcome.value);
            else simulation.fail(String(outcome.error));
          },
        ),
      );
    }
  });
  return { results, ledger, deaths };
}

const always = (does: Behaviour): readonly Phase[] => [{ fromMs: 0, does }];

describe('a receiver', () => {
  it.each<[string, Behaviour, Partial<CallResult>, Partial<Entry> | undefined]>([
    [
      'answers',
      { kind: 'healthy' },
      { statusCode: 200, error: null },
      { status: 200, isHeard: true },
    ],
    [
      'answers as it is told',
      { kind: 'healthy', status: 204 },
      { statusCode: 204 },
      { status: 204 },
    ],
    [
      'fails',
      { kind: 'failing', probability: 1, status: 502 },
      { statusCode: 502, error: null },
      { status: 502 },
    ],
    ['is gone', { kind: 'gone' }, { statusCode: 410 }, { status: 410 }],
    [
      'asks to wait',
      { kind: 'busy', status: 429, retryAfter: '7' },
      { statusCode: 429, responseHeaders: { 'retry-after': '7' } },
      { status: 429 },
    ],
    [
      'hangs',
      { kind: 'hanging' },
      { statusCode: null, error: 'timeout' },
      { status: null, isHeard: false },
    ],
    [
      'answers too late, having taken it',
      { kind: 'slow', fromMs: 11_000, toMs: 12_000 },
      { statusCode: null, error: 'timeout' },
      { status: 200, isHeard: false },
    ],
    [
      'takes a request whose answer is lost',
      { kind: 'deaf' },
      { statusCode: null, error: 'reset' },
      { status: 200, isHeard: false },
    ],
    ['hangs up', { kind: 'reset' }, { statusCode: null, error: 'reset' }, undefined],
    ['is not there', { kind: 'down' }, { statusCode: null, error: 'refused' }, undefined],
  ])('%s', async (_, does, result, entry) => {
    const { results, ledger } = await sending(always(does));
    expect(results).toMatchObject([result]);
    expect(ledger).toMatchObject(entry === undefined ? [] : [entry]);
    expect(ledger).toHaveLength(entry === undefined ? 0 : 1);
  });

  it('keeps a sender waiting as long as it takes, and never beyond the timeout', async () => {
    const slow = await sending(always({ kind: 'slow', fromMs: 3_000, toMs: 3_001 }));
    expect(slow.results[0]?.latencyMs).toBeGreaterThanOrEqual(3_000);
    const hanging = await sending(always({ kind: 'hanging' }));
    expect(hanging.results[0]?.latencyMs).toBeGreaterThanOrEqual(TIMEOUT_MS);
    expect(hanging.results[0]?.latencyMs).toBeLessThan(TIMEOUT_MS + 100);
  });

  it('is down in its windows and well outside', async () => {
    const phases = outages([[MINUTE_MS, MINUTE_MS]]);
    const atMs = [0, 1.5 * MINUTE_MS, 2.5 * MINUTE_MS];
    const { results } = await sending(phases, { atMs });
    expect(results.map(({ error }) => error)).toEqual([null, 'refused', null]);
  });

  it('that nobody knows has no address', async () => {
    const { results } = await sending(HEALTHY, { to: 'no.example.com' });
    expect(results).toMatchObject([{ error: 'dns' }]);
  });

  it('writes down what it saw, to the byte', async () => {
    const { ledger } = await sending(HEALTHY);
    expect(ledger).toMatchObject([
      {
        ...{ host: HOST, url: `https://${HOST}/hook?x=1`, method: 'POST', from: 'p' },
        ...{ headers: { 'webhook-id': 'evt_1' }, body: Buffer.from('{"a":1}') },
      },
    ]);
    expect(ledger[0]?.atMs).toBeGreaterThanOrEqual(START_MS);
  });

  it.each([
    ['kill-before', 0],
    ['kill-after', 1],
  ])('has seen what a dying sender sent: %s', async (kind, seen) => {
    const { ledger, results, deaths } = await sending(HEALTHY, {
      faults: [{ at: 'p#1', kind, amount: 0 }],
    });
    expect([ledger.length, results.length, deaths]).toEqual([seen, 0, 1]);
  });

  it.each([
    ['receiver-deaf', 'reset', 1],
    ['receiver-down', 'refused', 0],
    ['receiver-hanging', 'timeout', 1],
    ['receiver-failing', null, 1],
  ])('goes wrong for one request by a fault: %s', async (kind, error, seen) => {
    const { results, ledger } = await sending(HEALTHY, {
      atMs: [0, MINUTE_MS],
      faults: [{ at: `receiver/${HOST}#1`, kind, amount: 0 }],
    });
    expect(results).toMatchObject([{ error }, { statusCode: 200 }]);
    expect(ledger).toHaveLength(seen + 1);
  });
});

describe('the verdict on a signature', () => {
  const nowMs = START_MS;
  const body = Buffer.from('{"größe":"✓"}');
  const message = { id: 'evt_1', timestampSeconds: nowMs / 1_000, body };
  const signed = (secrets: readonly string[]) =>
    signatureHeaders(
      { scheme: 'standard-webhooks', secrets: secrets.map((secret) => ({ secret })) },
      message,
      nowMs,
    );
  const verdict = (headers: Record<string, string>, bytes: Uint8Array = body, atMs = nowMs) =>
    verdictOn(headers, bytes, { secrets: [SECRET], nowMs: atMs });

  it('agrees with the library of the specification', () => {
    const signature = new Webhook(SECRET).sign('evt_1', new Date(nowMs), body.toString());
    const headers = {
      ...{ 'Webhook-Id': 'evt_1', 'Webhook-Timestamp': `${nowMs / 1_000}` },
      'Webhook-Signature': signature,
    };
    expect(verdict(headers)).toBe('good');
  });

  it('is good for what the product signs, with one secret or during a rotation', () => {
    expect(verdict(signed([SECRET]))).toBe('good');
    expect(verdict(signed([OTHER, SECRET]))).toBe('good');
  });

  it('is not for another secret, another byte, another time, or none', () => {
    expect(verdict(signed([OTHER]))).toBe('wrong');
    expect(verdict(signed([SECRET]), Buffer.from('{"größe": "✓"}'))).toBe('wrong');
    expect(verdict({ ...signed([SECRET]), 'webhook-timestamp': '1' })).toBe('wrong');
    expect(verdict(signed([SECRET]), body, nowMs + 6 * MINUTE_MS)).toBe('stale');
    expect(verdict({})).toBe('unsigned');
  });
});
