import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeliveryTask, Lane } from '../../lib/domain/delivery.ts';
import type { IntegrationId } from '../../lib/domain/ids.ts';
import {
  encodeDoorbell,
  encodeEventRef,
  encodeWork,
  parseDoorbell,
  parseEventRef,
  parseWork,
} from '../../lib/domain/messages.ts';
import type { WorkTask } from '../../lib/domain/work.ts';

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

  it.each<[Lane | undefined, Lane | undefined]>([
    [undefined, undefined],
    ['fast', undefined],
    ['slow', 'slow'],
    ['drain', 'drain'],
  ])('for the lane %s say %s', (lane, said) => {
    const { lane: parsed } = parseDoorbell(encodeDoorbell({ ...task, ...(lane && { lane }) }));
    expect(parsed).toBe(said);
  });

  it('of the version before lanes are read as they were sent', () => {
    const old =
      '{"v":1,"tn":"acme","ev":"my-event","in":"int_01hzxk5v0000000000000000ab",' +
      '"ty":"invoice.paid","at":1800000000000,"n":3}';
    expect(parseDoorbell(old)).toEqual(task);
    expect(encodeDoorbell(task)).toBe(old);
  });

  it('for any attempt need not know the type', () => {
    const any: DeliveryTask = { ...task, attempt: 0, type: '', lane: 'drain' };
    expect(parseDoorbell(encodeDoorbell(any))).toEqual(any);
  });

  it('say the ordering key, with a body and without', () => {
    const keyed = { ...task, orderingKey: 'customer-7' };
    expect(parseDoorbell(encodeDoorbell(keyed))).toEqual(keyed);
    const full = { ...keyed, body: '{}' };
    expect(parseDoorbell(encodeDoorbell(full))).toEqual(full);
    const wrong = encodeDoorbell({ ...task, orderingKey: 'two words' });
    expect(() => parseDoorbell(wrong)).toThrow('not a doorbell');
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
    ['an attempt below none', encodeDoorbell({ ...task, attempt: -1 })],
    ['half an attempt', encodeDoorbell({ ...task, attempt: 1.5 })],
    ['a time that is none', encodeDoorbell({ ...task, acceptedAtMs: -1 })],
    ['one attempt of an unknown type', encodeDoorbell({ ...task, type: '' })],
    ['an unknown lane', encodeDoorbell(task).replace('"n":3', '"n":3,"l":"express"')],
    ['a lane that is no text', encodeDoorbell(task).replace('"n":3', '"n":3,"l":["slow"]')],
    ['a body that is no text', encodeDoorbell(task).replace('"n":3', '"n":3,"b":{}')],
  ])('are refused: %s', (_, text) => {
    expect(() => parseDoorbell(text)).toThrow();
  });

  it('naming an event are refused when they do not', () => {
    expect(() => parseEventRef('{"v":1,"tn":"a","ev":"b#c"}')).toThrow();
    expect(() => parseEventRef('{"v":1,"tn":"a"}')).toThrow();
  });
});

const ULID = '01hzxk5v0000000000000000ab';
const drain = { kind: 'drain', tenant: 'acme', integrationId: `int_${ULID}`, step: 7 } as const;
const probe = { ...drain, kind: 'probe', target: 0, version: 12 } as const;
const job = { kind: 'job', jobId: `job_${ULID}` } as const;

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const at = {
  tenant: fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/),
  integrationId: fc.stringMatching(/^int_[0-9a-hjkmnp-tv-z]{26}$/) as fc.Arbitrary<IntegrationId>,
};
const anyWork: fc.Arbitrary<WorkTask> = fc.oneof(
  fc.record({ kind: fc.constant('drain' as const), ...at, step: count }),
  fc.record({ kind: fc.constant('probe' as const), ...at, target: count, version: count }),
  fc.constant(job),
);

describe('tokens of the work queue', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(anyWork, (task) => {
        expect(parseWork(encodeWork(task))).toEqual(task);
      }),
    );
  });

  it.each<[string, string]>([
    ['no JSON', 'drain'],
    ['another version', encodeWork(drain).replace('"v":1', '"v":2')],
    ['no kind', encodeWork(drain).replace('"k":"drain",', '')],
    ['an unknown kind', encodeWork(drain).replace('"drain"', '"dance"')],
    ['a doorbell', encodeDoorbell(task)],
    ['a tenant that would escape its key', encodeWork({ ...drain, tenant: 'a#b' })],
    ['a foreign integration id', encodeWork(drain).replace('int_', 'src_')],
    ['no step', encodeWork(drain).replace(/,"n":\d+/, '')],
    ['a step below none', encodeWork({ ...drain, step: -1 })],
    ['half a step', encodeWork({ ...drain, step: 0.5 })],
    ['a probe of no target', encodeWork(probe).replace('"t":0,', '')],
    ['a probe of no version', encodeWork(probe).replace(/,"n":\d+/, '')],
    ['a foreign job id', encodeWork(job).replace('job_', 'int_')],
    ['no job', encodeWork(job).replace(/,"j":"[^"]+"/, '')],
  ])('are refused: %s', (_, text) => {
    expect(() => parseWork(text)).toThrow();
  });
});
