import { parseEntry } from '../../../lib/domain/audit.ts';
import { HEALTHY } from '../destinations/behaviour.ts';
import { TABLE_NAMES } from '../product/settings.ts';
import type { CrashStory, EndCheck } from './crash-story.ts';

/** Changes that are in the audit log, and readings that go out only when they are. */

const NAMED = '/v1/integrations/a';
const MINUTES_MS = 600_000;

/** Each of these is told of, at least once: by who asked, or by the tick where that one died. */
const tells =
  (...actions: readonly string[]): EndCheck =>
  ({ stage }) => {
    const rows = [...(stage.product.db.model.tables.get(TABLE_NAMES.audit)?.rows() ?? [])];
    const told = new Set(rows.map(({ doc }) => parseEntry(doc?.S ?? '')?.action));
    const untold = actions.find((action) => !told.has(action));
    return untold && `nobody tells of ${untold}`;
  };

export const auditStories: readonly CrashStory[] = [
  {
    ...{ name: 'an audited change', kills: ['api', 'tick'], hosts: { a: HEALTHY } },
    before: (stage) => stage.register('a'),
    async act(stage) {
      await stage.get([200], 'PATCH', NAMED, { body: { description: 'changed' } });
      await stage.get([200], 'GET', `${NAMED}/secret`);
      await stage.get([200], 'POST', `${NAMED}/breaker/trip`, { body: { reason: 'a drill' } });
      await stage.get([200], 'POST', `${NAMED}/breaker/reset`);
      await stage.wait(MINUTES_MS);
    },
    checks: [tells('integration.update', 'secret.read', 'breaker.trip', 'breaker.reset')],
  },
];
