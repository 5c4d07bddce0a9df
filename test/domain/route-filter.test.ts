import { describe, expect, it } from 'vitest';
import {
  FILTER_STEPS_MAX,
  FILTERS_STEPS_MAX,
  type FilteredEvent,
  passingFilter,
} from '../../lib/domain/route-filter.ts';

const eventOf = (data: unknown): FilteredEvent => ({
  id: 'evt_1',
  type: 'a',
  source: undefined,
  tenant: 'default',
  timestamp: '2026-01-01T00:00:00.000Z',
  data,
  metadata: undefined,
});
const no = { filter: { data: ['no'] } };

describe('filters of routes', () => {
  it('are read once, however many events come', () => {
    let reads = 0;
    const filter = {
      get data() {
        reads++;
        return ['yes'];
      },
    };
    passingFilter([{ filter }], eventOf('yes'));
    const after = reads;
    for (let n = 0; n < 10; n++)
      expect(passingFilter([{ filter }], eventOf('yes'))).toHaveLength(1);
    expect([after > 0, reads]).toEqual([true, after]);
  });

  it('a source and metadata that an event does not have are absent', () => {
    const filter = { source: [{ exists: false }], metadata: { a: [{ exists: false }] } };
    expect(passingFilter([{ filter }], eventOf(1))).toHaveLength(1);
    expect(passingFilter([{ filter }], { ...eventOf(1), source: 'x' })).toEqual([]);
    expect(passingFilter([{ filter }], { ...eventOf(1), metadata: { a: '' } })).toEqual([]);
  });

  it('one that takes too many steps is given up for the event, and takes nobody else along', () => {
    const list = Array.from({ length: FILTER_STEPS_MAX / 100 }, () => 'x');
    const costly = {
      filter: { data: Array.from({ length: 200 }, (_, i) => ({ prefix: `n${i}` })) },
    };
    expect(passingFilter([no, costly, no], eventOf(list))).toEqual([costly]);
    expect(passingFilter([no, costly, no], eventOf(list.slice(0, 100)))).toEqual([]);
  });

  it('all of a tenant together have a bound as well', () => {
    const list = Array.from({ length: FILTER_STEPS_MAX / 4 }, () => 'x');
    const each = (FILTER_STEPS_MAX / 4) * 2;
    const enough = Math.floor(FILTERS_STEPS_MAX / each);
    const passing = passingFilter(
      Array.from({ length: enough + 3 }, () => ({ ...no })),
      eventOf(list),
    );
    expect(passing).toHaveLength(4);
  });
});
