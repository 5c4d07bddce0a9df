import { HEALTHY } from '../destinations/behaviour.ts';
import { TABLE_NAMES } from '../product/settings.ts';
import type { CrashStory, EndCheck } from './crash-story.ts';
import { ended, noted, requestsMax, stored } from './ends.ts';
import { MINUTE_MS } from './phases.ts';
import { hostOf, integrationBody, type Settings, type Stage, secretOf } from './stage.ts';

/** Changes of an integration, whose name is claimed and whose row is written one after the other. */

const NAMED = '/v1/integrations';

/** Whoever publishes next knows the routes as they are now, and must see that they have changed. */
async function warm(stage: Stage): Promise<void> {
  await stage.publish({ id: 'before', type: 'nobody.cares' });
}

async function registered(stage: Stage, settings: Settings = {}): Promise<void> {
  await stage.register('a', settings);
  await warm(stage);
}

/** Notes how many there are, as the table has it: a list may be a minute behind. */
function counted({ product, noted: notes }: Stage): void {
  const rows = [...(product.db.model.tables.get(TABLE_NAMES.registry)?.rows() ?? [])];
  notes.set('integrations', rows.filter(({ sk }) => sk?.S?.startsWith('INT#')).length);
}

function known(stage: Stage, id: string, name: string): void {
  stage.book.integrations.set(name, {
    ...{ id, name, host: hostOf(name), fallbackHosts: [], eventTypes: ['*'], isFifo: false },
    ...{ retry: { maxAttempts: 1, schedule: [], maxAgeSeconds: 1 }, madeAtMs: 0 },
  });
}

const are = (count: number): EndCheck => noted('integrations', (value) => value === count);
const arrives = [stored(2), ended({ a: 'delivered' }), requestsMax(1)];

const registry = (name: string, of: Partial<CrashStory> & Pick<CrashStory, 'act'>): CrashStory => ({
  ...{ name, kills: ['api'], hosts: { a: HEALTHY, b: HEALTHY }, before: warm },
  checks: [...arrives, are(1)],
  ...of,
});

/** The receiver takes whatever the answer of a rotation names, and until then the old secret. */
async function rotated(stage: Stage): Promise<void> {
  await stage.publish({ id: 'early' });
  await stage.wait(MINUTE_MS);
  const { json } = await stage.get([200], 'POST', `${NAMED}/a/secret/rotate`, {
    ...{ body: {}, key: 'rotate' },
  });
  await stage.publish({ id: 'at-once' });
  await stage.wait(MINUTE_MS);
  stage.product.receivers.change(hostOf('a'), { secrets: [json.current] });
  await stage.publish({ id: 'late' });
  stage.noted.set('old', json.previous.map(({ secret }: { secret: string }) => secret).join());
}

export const registryStories: readonly CrashStory[] = [
  registry('create', {
    async act(stage) {
      const body = integrationBody('a', {});
      const { json } = await stage.get([201], 'POST', NAMED, { body, key: 'create' });
      known(stage, json.id, 'a');
      await stage.publish({ id: 'own' });
      counted(stage);
    },
  }),
  registry('create by name', {
    async act(stage) {
      const body = integrationBody('a', {});
      const { json } = await stage.get([200, 201], 'PUT', `${NAMED}/a`, { body });
      known(stage, json.id, 'a');
      await stage.publish({ id: 'own' });
      counted(stage);
    },
  }),
  registry('rename', {
    before: registered,
    async act(stage) {
      const { json } = await stage.get([200], 'GET', `${NAMED}/a`);
      await stage.get([200], 'PATCH', `${NAMED}/${json.id}`, { body: { name: 'b' } });
      await stage.get([200], 'GET', `${NAMED}/b`);
      await stage.get([404], 'GET', `${NAMED}/a`);
      await stage.publish({ id: 'own' });
      await stage.wait(MINUTE_MS);
      // The old name is free for another.
      const body = { ...integrationBody('a', {}), eventTypes: ['other'] };
      await stage.get([201], 'POST', NAMED, { body, key: 'anew' });
      counted(stage);
    },
    checks: [...arrives, are(2)],
  }),
  registry('change', {
    before: (stage) => registered(stage, { eventTypes: ['other'] }),
    async act(stage) {
      await stage.get([200], 'PATCH', `${NAMED}/a`, { body: { eventTypes: ['order.*'] } });
      await stage.publish({ id: 'own' });
      counted(stage);
    },
  }),
  registry('rotate a secret', {
    before: registered,
    act: rotated,
    checks: [
      ...[stored(4), ended({ a: 'delivered' }), requestsMax(1)],
      noted('old', (old) => String(old).includes(secretOf('a'))),
    ],
  }),
];
