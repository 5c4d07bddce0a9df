import { describe, expect, it } from 'vitest';
import { pauseIntegration, resumeIntegration } from '../../lib/app/integration-status.ts';
import {
  createIntegration,
  deleteIntegration,
  getIntegration,
} from '../../lib/app/integrations.ts';
import type { Integration } from '../../lib/domain/integration.ts';
import { refusalOf } from '../fakes/registry-world.ts';
import { T0 } from '../fakes/world.ts';
import { BASE, ME, setUp } from './integrations-world.ts';

describe('deleting an integration', () => {
  it('starts the cancelling of what is pending before it is gone', async () => {
    const { world } = setUp();
    const { id } = await createIntegration(world, ME, BASE);
    await deleteIntegration(world, ME, 'erp');
    expect(await world.progress.sweeps()).toEqual([
      { kind: 'cancel', tenant: 'default', integrationId: id, startedAtMs: T0 },
    ]);
    expect((await refusalOf(getIntegration(world, ME, id))).code).toBe('not-found');
    expect((await refusalOf(deleteIntegration(world, ME, id))).code).toBe('not-found');
  });

  it('removes nothing when the cancelling cannot be started', async () => {
    const { world } = setUp();
    await createIntegration(world, ME, BASE);
    const down = async () => {
      throw new Error('The table is down.');
    };
    const broken = { ...world, progress: { startSweep: down } };
    await expect(deleteIntegration(broken, ME, 'erp')).rejects.toThrow('down');
    expect((await getIntegration(world, ME, 'erp')).name).toBe('erp');
  });

  it('happens though it is changed at the same time, up to three times', async () => {
    const { world, touch } = setUp();
    await createIntegration(world, ME, BASE);
    const losing = (times: number) => {
      let lost = 0;
      const remove = async (item: Integration) => {
        if (lost++ < times) await touch();
        return await world.integrations.remove(item);
      };
      return { ...world, integrations: { ...world.integrations, remove } };
    };
    expect((await refusalOf(deleteIntegration(losing(4), ME, 'erp'))).code).toBe('conflict');
    await deleteIntegration(losing(3), ME, 'erp');
    expect(await world.integrations.byName('default', 'erp')).toBeUndefined();
  });
});

describe('pausing and resuming', () => {
  it('each takes effect once, however often it is asked for', async () => {
    const { world, stored } = setUp();
    await createIntegration(world, ME, BASE);
    world.clock.advance(1);
    expect((await pauseIntegration(world, ME, 'erp')).status).toBe('paused');
    const paused = await stored();
    world.clock.advance(1);
    await pauseIntegration(world, ME, 'erp');
    expect(await stored()).toEqual(paused);
    expect((await resumeIntegration(world, ME, 'erp')).status).toBe('active');
    const active = await stored();
    world.clock.advance(1);
    await resumeIntegration(world, ME, 'erp');
    expect(await stored()).toEqual(active);
  });

  it('lets go what was held: asked for before it is active, and again on every try', async () => {
    const { world, stored } = setUp();
    const { id } = await createIntegration(world, ME, BASE);
    await pauseIntegration(world, ME, 'erp');
    const save = async () => {
      throw new Error('The table is down.');
    };
    const broken = { ...world, integrations: { ...world.integrations, save } };
    await expect(resumeIntegration(broken, ME, 'erp')).rejects.toThrow('down');
    const sweep = { kind: 'release', tenant: 'default', integrationId: id, startedAtMs: T0 };
    expect(await world.progress.sweeps()).toEqual([sweep]);
    await resumeIntegration(world, ME, 'erp');
    expect((await stored()).status).toBe('active');
    world.clock.advance(9);
    await resumeIntegration(world, ME, 'erp');
    expect(await world.progress.sweeps()).toEqual([{ ...sweep, startedAtMs: T0 + 9 }]);
  });

  it('starts the release of what was held, and answers though that cannot be started', async () => {
    const { world } = setUp();
    const { id } = await createIntegration(world, ME, BASE);
    await pauseIntegration(world, ME, 'erp');
    const load = async () => {
      throw new Error('The table is down.');
    };
    const broken = { ...world, drains: { ...world.drains, load } };
    expect((await resumeIntegration(broken, ME, 'erp')).status).toBe('active');
    expect(await world.progress.sweeps()).toHaveLength(1);
    await resumeIntegration(world, ME, 'erp');
    expect(await world.drains.load(id)).toMatchObject({ step: 1, rate: 50 });
    const task = { kind: 'drain', tenant: 'default', integrationId: id, step: 1 };
    expect(world.workQueue.rung).toEqual([{ task, delaySeconds: 3 }]);
  });

  it('enables what the receiver had disabled, which cannot be paused', async () => {
    const { world, stored } = setUp();
    await createIntegration(world, ME, BASE);
    const disabledReason = 'The endpoint answered 410 Gone.';
    await world.integrations.save(
      { ...(await stored()), status: 'disabled', disabledReason },
      'erp',
    );
    expect((await refusalOf(pauseIntegration(world, ME, 'erp'))).code).toBe('invalid-state');
    expect(await resumeIntegration(world, ME, 'erp')).toMatchObject({
      status: 'active',
      disabledReason: null,
    });
  });
});
