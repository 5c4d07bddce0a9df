import { describe, expect, it } from 'vitest';
import type { DeliveryTask } from '../../lib/domain/delivery.ts';
import {
  encodeDoorbell,
  encodeEventRef,
  parseDoorbell,
  parseEventRef,
} from '../../lib/domain/messages.ts';

const task: DeliveryTask = {
  tenant: 'acme',
  eventId: 'my-event',
  integrationId: 'int_01hzxk5v0000000000000000ab',
  type: 'invoice.paid',
  acceptedAtMs: 1_800_000_000_000,
  attempt: 3,
};

describe('queue messages', () => {
  it('come back as they went', () => {
    expect(parseDoorbell(encodeDoorbell(task))).toEqual(task);
    const withBody = { ...task, body: '{"data":"ü"}' };
    expect(parseDoorbell(encodeDoorbell(withBody))).toEqual(withBody);
    const ref = { tenant: 'acme', eventId: 'e' };
    expect(parseEventRef(encodeEventRef(ref))).toEqual(ref);
  });

  it('hold no character that SQS refuses or replaces', () => {
    const withBody = { ...task, body: JSON.stringify({ data: '\uFFFE\uFFFF\u0000 ü' }) };
    expect(encodeDoorbell(withBody)).not.toMatch(/[\uFFFE\uFFFF]|\p{Cc}/u);
    expect(parseDoorbell(encodeDoorbell(withBody))).toEqual(withBody);
  });

  it.each<[string, string]>([
    ['no JSON', 'hello'],
    ['no object', '[]'],
    ['null', 'null'],
    ['another version', encodeDoorbell(task).replace('"v":1', '"v":2')],
    ['no version', '{}'],
    ['a tenant that would escape its key', encodeDoorbell({ ...task, tenant: 'a#b' })],
    ['an event id that would', encodeDoorbell({ ...task, eventId: 'a#b' })],
    ['a foreign integration id', encodeDoorbell(task).replace('int_', 'src_')],
    ['an attempt that is no number', encodeDoorbell(task).replace('"n":3', '"n":"3"')],
    ['a body that is no text', encodeDoorbell(task).replace('"n":3', '"n":3,"b":{}')],
  ])('are refused: %s', (_, text) => {
    expect(() => parseDoorbell(text)).toThrow();
  });

  it('naming an event are refused when they do not', () => {
    expect(() => parseEventRef('{"v":1,"tn":"a","ev":"b#c"}')).toThrow();
    expect(() => parseEventRef('{"v":1,"tn":"a"}')).toThrow();
  });
});
