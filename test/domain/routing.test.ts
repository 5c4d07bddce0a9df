import { describe, expect, it } from 'vitest';
import { RequestError } from '../../lib/domain/errors.ts';
import type { Route } from '../../lib/domain/integration.ts';
import type { FilteredEvent } from '../../lib/domain/route-filter.ts';
import { matchesType, routesFor, routesNamed } from '../../lib/domain/routing.ts';

const route = (name: string, ...eventTypes: string[]): Route => ({
  id: `int_${name}`,
  name,
  eventTypes,
  status: 'active',
  breaker: { enabled: true },
  diverts: false,
});

describe('event type patterns', () => {
  it.each<[string, string, boolean]>([
    ['*', 'a', true],
    ['*', 'a.b.c', true],
    ['invoice.paid', 'invoice.paid', true],
    ['invoice.paid', 'invoice.paid.late', false],
    ['invoice.*', 'invoice.paid', true],
    ['invoice.*', 'invoice.line.added', true],
    ['invoice.*', 'invoice', false],
    ['invoice.*', 'invoice.', false],
    ['invoice.*', 'invoices.paid', false],
    ['invoice.*', 'my.invoice.paid', false],
    ['a.b.*', 'a.b.c', true],
    ['a.b.*', 'a.c.b', false],
    ['A.*', 'a.b', false],
    ['*', 'breakwater', true],
    ['*', 'breakwaters.a', true],
    ['*', 'breakwater.breaker.opened', false],
    ['breakwater.*', 'breakwater.breaker.opened', true],
    ['breakwater.breaker.*', 'breakwater.breaker.opened', true],
    ['breakwater.breaker.opened', 'breakwater.breaker.opened', true],
    ['breakwater.breaker.*', 'breakwater.job.done', false],
    ['breakwater', 'breakwater.job.done', false],
  ])('%s wants %s: %s', (pattern, type, expected) => {
    expect(matchesType(pattern, type)).toBe(expected);
  });
});

/** Without a filter nobody may ask for the whole event. */
const unasked = (): FilteredEvent => {
  throw new Error('The event was asked for.');
};

describe('routes', () => {
  const routes = [
    route('all', '*'),
    route('erp', 'invoice.*', 'order.paid'),
    route('crm', 'user.*'),
  ];

  it('are those with a pattern that wants the type, each once', () => {
    expect(routesFor(routes, 'invoice.paid', unasked).map(({ name }) => name)).toEqual([
      'all',
      'erp',
    ]);
    expect(routesFor([route('both', '*', 'a')], 'a', unasked)).toHaveLength(1);
    expect(routesFor([], 'a', unasked)).toEqual([]);
  });

  it('can be named by id or name, whatever their patterns', () => {
    const named = routesNamed(routes, ['crm', 'int_erp', 'erp']);
    expect(named.map(({ name }) => name)).toEqual(['crm', 'erp']);
  });

  it('that do not exist are the caller’s mistake, each named', () => {
    const refused = (() => {
      try {
        return routesNamed(routes, ['erp', 'nobody', 'none']);
      } catch (error) {
        return error as RequestError;
      }
    })();
    expect(refused).toBeInstanceOf(RequestError);
    expect((refused as RequestError).fields.map(({ path }) => path)).toEqual([
      'integrations.1',
      'integrations.2',
    ]);
  });
});
