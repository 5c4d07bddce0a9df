import { describe, expect, it } from 'vitest';
import {
  createIntegration,
  deleteIntegration,
  getIntegration,
  patchIntegration,
  putIntegration,
} from '../../lib/app/integrations.ts';
import { adminOf, refusalOf } from '../fakes/registry-world.ts';
import { BASE, ME, setUp } from './integrations-world.ts';

const to = (...names: string[]) => ({
  fallback: names.map((integration) => ({ type: 'integration', integration })),
});

function world() {
  const { world, stored } = setUp();
  const make = (name: string, more: object = {}) =>
    createIntegration(world, ME, { ...BASE, name, ...more });
  const patch = (name: string, body: object) => patchIntegration(world, ME, name, body);
  return { world, stored, make, patch };
}

describe('a link to another integration', () => {
  it('is found by name or id, and stored with the id', async () => {
    const { make, stored } = world();
    const [ops, crm] = [await make('ops'), await make('crm')];
    const made = await make('erp', to('ops', crm.id));
    expect((await stored()).fallback).toEqual([
      { type: 'integration', integration: 'ops', integrationId: ops.id, on: ['exhausted'] },
      { type: 'integration', integration: crm.id, integrationId: crm.id, on: ['exhausted'] },
    ]);
    expect(made.fallback).toEqual([
      { type: 'integration', integration: 'ops', on: ['exhausted'] },
      { type: 'integration', integration: crm.id, on: ['exhausted'] },
    ]);
  });

  it('is refused by name where the tenant has none, and of another tenant with the same words', async () => {
    const { world: deps, make, patch } = world();
    const foreign = await make('ops', { tenant: 'acme' });
    const unknown = `int_${'0'.repeat(26)}`;
    const rule = 'the name or the id of an integration of the tenant "default"';
    const refs = ['nobody', 'ops', foreign.id, unknown];
    const expected = Object.fromEntries(
      refs.map((ref, i) => [`fallback.${i}.integration`, `"${ref}" is not allowed: ${rule}`]),
    );
    const refused = async (work: Promise<unknown>) => await refusalOf(work);
    expect(await refused(make('erp', to(...refs)))).toMatchObject({
      code: 'invalid',
      fields: expected,
    });
    expect((await refusalOf(getIntegration(deps, ME, 'erp'))).code).toBe('not-found');
    expect(
      (await refused(putIntegration(deps, ME, 'erp', { ...BASE, ...to(...refs) }))).fields,
    ).toEqual(expected);
    await make('erp');
    expect((await refused(patch('erp', to(...refs)))).fields).toEqual(expected);
    expect((await getIntegration(deps, ME, 'erp')).fallback).toEqual([]);
    const bound = { principal: adminOf('acme') };
    await createIntegration(deps, bound, { ...BASE, ...to('ops') });
  });

  it('is never to the integration itself, by name, id or a new name', async () => {
    const { world: deps, make, patch } = world();
    const rule = 'another integration, not this one itself';
    const itself = { 'fallback.0.integration': `"erp" is not allowed: ${rule}` };
    expect((await refusalOf(make('erp', to('erp')))).fields).toEqual(itself);
    const { id } = await make('erp');
    expect((await refusalOf(make('erp', to('erp')))).fields).toEqual(itself);
    expect((await refusalOf(patch('erp', to('erp')))).fields).toEqual(itself);
    expect((await refusalOf(patch('erp', to(id)))).fields).toEqual({
      'fallback.0.integration': `"${id}" is not allowed: ${rule}`,
    });
    for (const ref of ['erp', 'new']) {
      const body = { ...BASE, name: 'new', ...to(ref) };
      expect(Object.keys((await refusalOf(putIntegration(deps, ME, id, body))).fields)).toEqual([
        'fallback.0.integration',
      ]);
    }
  });

  it('never closes a loop, of any length; the way round is told', async () => {
    const { make, patch } = world();
    await make('a');
    await make('b', to('a'));
    await make('side');
    await make('c', to('side', 'b'));
    expect((await refusalOf(patch('a', to('b')))).fields).toEqual({
      'fallback.0.integration':
        '"b" is not allowed: one that does not fall back to this one (a → b → a)',
    });
    expect((await refusalOf(patch('a', to('side', 'c')))).fields).toEqual({
      'fallback.1.integration':
        '"c" is not allowed: one that does not fall back to this one (a → c → b → a)',
    });
    await patch('b', { fallback: null });
    expect((await patch('a', to('side', 'c'))).fallback).toHaveLength(2);
  });

  it('is walked through fifty integrations, and no further', async () => {
    const { make, patch } = world();
    await make('i0');
    for (let i = 1; i <= 51; i++) await make(`i${i}`, to(`i${i - 1}`));
    await make('erp');
    expect((await patch('erp', to('i49'))).fallback).toHaveLength(1);
    const { fields } = await refusalOf(patch('erp', to('i50')));
    expect(fields['fallback.0.integration']).toMatch(/"i50" is not allowed: .*50 integrations/);
    await patch('erp', to('i9'));
    const loop = await refusalOf(patch('i0', to('erp')));
    expect(loop.fields['fallback.0.integration']).toContain(
      '(i0 → erp → i9 → i8 → i7 → i6 → i5 → i4 → i3 → … → i0)',
    );
  });

  it('may be one of two that were made in the same moment, and neither is stuck in it', async () => {
    const { world: deps, stored, make, patch } = world();
    await make('a');
    const { id } = await make('b');
    const a = await stored('a');
    const link = { type: 'integration', integration: 'b', integrationId: id, on: ['exhausted'] };
    await deps.integrations.save({ ...a, fallback: [link as never] }, 'a');
    const b = await stored('b');
    const back = { ...link, integration: 'a', integrationId: a.id };
    await deps.integrations.save({ ...b, fallback: [back as never] }, 'b');
    await make('erp', to('a'));
    expect((await patch('erp', to('b'))).fallback).toHaveLength(1);
    expect((await patch('a', { description: 'new' })).description).toBe('new');
    expect((await patch('a', { fallback: [] })).fallback).toEqual([]);
  });

  it('outlives what it names: nothing else is refused for it, and the answer can be put back', async () => {
    const { world: deps, stored, make, patch } = world();
    const ops = await make('ops');
    await make('erp', to('ops'));
    const { fallback } = await stored();
    await patch('ops', { name: 'ops2' });
    const renamed = await putIntegration(deps, ME, 'erp', await getIntegration(deps, ME, 'erp'));
    expect(renamed.integration.fallback).toMatchObject([{ integration: 'ops' }]);
    await deleteIntegration(deps, ME, ops.id);
    await patch('erp', { description: 'new' });
    await putIntegration(deps, ME, 'erp', await getIntegration(deps, ME, 'erp'));
    expect((await stored()).fallback).toEqual(fallback);
    expect(Object.keys((await refusalOf(patch('erp', to('ops', 'ops2')))).fields)).toEqual([
      'fallback.1.integration',
    ]);
    const again = await make('ops');
    await patch('erp', { description: 'newer' });
    expect((await stored()).fallback).toEqual(fallback);
    await patch('erp', to('ops'));
    expect((await stored()).fallback).toMatchObject([{ integrationId: again.id }]);
  });

  it('is checked again upon what won a race', async () => {
    const { world: deps, stored, make } = world();
    await make('erp');
    const { id } = await make('ops');
    let lost = false;
    const save: typeof deps.integrations.save = async (next, name) => {
      if (!lost) await deps.integrations.save({ ...(await stored()), description: 'x' }, 'erp');
      if (!lost) await deleteIntegration(deps, ME, id);
      lost = true;
      return await deps.integrations.save(next, name);
    };
    const racing = { ...deps, integrations: { ...deps.integrations, save } };
    const { fields } = await refusalOf(patchIntegration(racing, ME, 'erp', to('ops')));
    expect(Object.keys(fields)).toEqual(['fallback.0.integration']);
    expect(await stored()).toMatchObject({ description: 'x', fallback: [] });
  });
});
