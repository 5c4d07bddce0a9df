import { describe, expect, it } from 'vitest';
import { SCOPES, type Scope } from '../../lib/domain/api-key.ts';
import { callRoutes } from '../../lib/edge/routes/call.ts';
import { publishRoutes } from '../../lib/edge/routes/publish.ts';
import { receiveRoutes } from '../../lib/edge/routes/receive.ts';
import { apiRoutes } from '../../lib/edge/routes.ts';
import { ROUTES } from '../../lib/names.ts';
import { ACCESS, type Access, keyedRoutes, OPEN } from './access-table.ts';
import { accessWorld, BINDINGS, type Binding } from './access-world.ts';
import { type Answer, httpWorld } from './http-world.ts';

const KEYED = keyedRoutes(Object.keys(ROUTES));
const SIDES = Object.keys(BINDINGS) as readonly Binding[];
const CELLS = KEYED.length * SCOPES.length * SIDES.length;
const GRANTED = KEYED.length * 2 * SIDES.length;

const accessOf = (route: string): Access => {
  const access = ACCESS[route as keyof typeof ROUTES];
  if (access === undefined) throw new Error(`${route} is not in test/edge/access-table.ts`);
  return access;
};
const opens = (scope: Scope, access: Access) => scope === 'admin' || scope === access.scope;

/** What a refusal says, apart from what it was about. */
function told({ status, json, id }: Answer & { readonly id: string }) {
  const { requestId: _, ...rest } = json ?? {};
  return { status, ...JSON.parse(JSON.stringify(rest).replaceAll(id || '\n', '…')) };
}

describe('who may do what', () => {
  it('is decided for every route there is, in the code and here alike', () => {
    const { deps } = httpWorld();
    const routes = {
      ...apiRoutes(deps),
      ...publishRoutes(deps),
      ...callRoutes(deps),
      ...receiveRoutes(deps),
    };
    const declared = Object.fromEntries(
      Object.entries(routes).map(([route, { scope }]) => [route, scope]),
    );
    const here = [
      ...OPEN.map((route) => [route, null] as const),
      ...KEYED.map((route) => [route, accessOf(route).scope] as const),
    ];
    expect(declared).toEqual(Object.fromEntries(here));
    expect(Object.keys(ACCESS).sort()).toEqual([...KEYED].sort());
  });

  it(`${CELLS - GRANTED} of ${CELLS} cells (${KEYED.length} routes × ${SCOPES.length} scopes × ${SIDES.length} tenants): a key without the scope is 403, whether the thing exists or not`, async () => {
    const { ask, keyFor } = await accessWorld();
    let cells = 0;
    for (const scope of SCOPES) {
      for (const side of SIDES) {
        const key = await keyFor(scope, side);
        for (const route of KEYED.filter((one) => !opens(scope, accessOf(one)))) {
          const access = accessOf(route);
          const existing = told(await ask(key, route, access, 'existing'));
          expect(existing, `${scope} of ${side}: ${route}`).toMatchObject({
            status: 403,
            code: 'forbidden',
          });
          expect(told(await ask(key, route, access, 'missing'))).toEqual(existing);
          cells++;
        }
      }
    }
    expect(cells).toBe(CELLS - GRANTED);
  }, 120_000);

  it(`${GRANTED} of ${CELLS} cells: with the scope, or admin, own and unbound keys are answered, foreign ones as if it did not exist`, async () => {
    const wrong: string[] = [];
    const unchanged = await accessWorld();
    let cells = 0;
    for (const route of KEYED) {
      const access = accessOf(route);
      for (const scope of [access.scope, 'admin'] as const) {
        for (const side of SIDES) {
          const { ask, keyFor } = route.startsWith('GET ') ? unchanged : await accessWorld();
          const key = await keyFor(scope, side);
          const answer = await ask(key, route, access, 'existing');
          const wanted = expected(side, access);
          const what = `${scope} of ${side}, ${route}`;
          if (answer.status !== wanted) {
            wrong.push(`${what}: ${answer.status}, not ${wanted}: ${answer.text.slice(0, 300)}`);
          }
          if (side === 'foreign' && wanted === 404) {
            const missing = told(await ask(key, route, access, 'missing'));
            expect(told(answer), what).toEqual(missing);
          }
          if (answer.status === 207) {
            const status = side === 'foreign' ? 403 : 202;
            expect(answer.json.results, what).toMatchObject([{ status }]);
          }
          if (side === 'foreign') expect(answer.text, what).not.toContain('"tenant":"a"');
          cells++;
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(cells).toBe(GRANTED);
  }, 120_000);
});

function expected(side: Binding, { own, foreign }: Access): number {
  return side !== 'foreign' || foreign === 'own' ? own : (foreign ?? 404);
}
