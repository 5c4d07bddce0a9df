import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  deliveryId,
  fingerprint,
  type IntegrationId,
  isIntegrationId,
  isSourceId,
  parseDeliveryId,
  SHARDS,
  shardOf,
  timeOfUlid,
  ulid,
} from '../../lib/domain/ids.ts';

const bytes10 = fc.uint8Array({ minLength: 10, maxLength: 10 });
const time = fc.integer({ min: 0, max: 2 ** 47 });
const ids = fc.tuple(time, bytes10).map(([at, random]) => ulid(at, random));

describe('ulid', () => {
  it('is the ULID of the specification', () => {
    // The specification's own example: 01ARZ3NDEK is 1469922850259 ms.
    expect(ulid(1_469_922_850_259, new Uint8Array(10))).toBe(`01arz3ndek${'0'.repeat(16)}`);
    expect(ulid(281_474_976_710_655, new Uint8Array(10).fill(255))).toBe(
      '7zzzzzzzzzzzzzzzzzzzzzzzzz',
    );
  });

  it('sorts by time and tells its time', () => {
    fc.assert(
      fc.property(time, time, bytes10, (a, b, random) => {
        expect(ulid(a, random) < ulid(b, random)).toBe(a < b);
        expect(timeOfUlid(ulid(a, random))).toBe(a);
      }),
    );
    expect(timeOfUlid('not-a-ulid')).toBeUndefined();
  });
});

describe('delivery ids', () => {
  const integration = ids.map((id): IntegrationId => `int_${id}`);
  const own = fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/);
  const event = fc.oneof(
    ids.map((id) => `evt_${id}`),
    own,
    ids.map((id) => `_${id}`),
    fc.tuple(ids, ids).map(([a, b]) => a + b),
  );

  it('name their event and integration again, whatever the event is called', () => {
    fc.assert(
      fc.property(event, time, integration, (eventId, at, integrationId) => {
        const id = deliveryId(eventId, at, integrationId);
        expect(parseDeliveryId(id)).toEqual({ eventId, integrationId });
        expect(id).toMatch(/^dlv_[A-Za-z0-9_-]+$/);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    '',
    'dlv_',
    'dlv_x',
    `dlv_${'0'.repeat(51)}`,
    `evt_${'0'.repeat(52)}`,
    `dlv_${'u'.repeat(52)}`,
  ])('%j is none', (text) => {
    expect(parseDeliveryId(text)).toBeUndefined();
  });
});

describe('ids', () => {
  it('are told apart by their prefix', () => {
    const id = ulid(1, new Uint8Array(10));
    expect(isIntegrationId(`int_${id}`)).toBe(true);
    expect(isIntegrationId(`src_${id}`)).toBe(false);
    expect(isSourceId(`src_${id}`)).toBe(true);
    expect(isSourceId(`src_${id}x`)).toBe(false);
  });

  it('spread evenly over the shards', () => {
    const counts = new Array<number>(SHARDS).fill(0);
    for (let i = 0; i < 8_000; i++) {
      const shard = shardOf(`evt_${ulid(i, new Uint8Array(10).fill(i % 251))}`);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    for (const count of counts) expect(count).toBeGreaterThan(850);
  });

  it('keep the parts of a fingerprint apart', () => {
    expect(fingerprint('ab', 'c')).not.toBe(fingerprint('a', 'bc'));
    expect(fingerprint('a')).toBe(fingerprint('a'));
  });
});
