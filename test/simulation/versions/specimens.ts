import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { begun } from '../../../lib/domain/drain.ts';
import { newJob } from '../../../lib/domain/job.ts';
import { afterFailure } from '../../../lib/domain/lock-out.ts';
import {
  failed,
  halfOpen,
  lease,
  open,
  REF,
  report,
  succeeded,
} from '../../contracts/breaker-fixtures.ts';
import { apiKey, integration, source, T0, ulidOf } from '../../contracts/fixtures.ts';
import type { FakeStores } from '../../fakes/stores.ts';
import { AUDIT_SPECIMEN, DIGEST_SPECIMEN } from './specimens-audit.ts';
import { HISTORY_SPECIMENS } from './specimens-history.ts';
import { SEALED_SPECIMEN } from './specimens-sealed.ts';

/** Something that is stored, and what is read of it then. */
export interface Specimen {
  write(stores: FakeStores, db: DynamoDBClient): Promise<unknown>;
  read(stores: FakeStores): Promise<unknown>;
}

const ID = integration(1).id;
const HOUR_MS = 3_600_000;
const LINE = { tenant: 'default', integrationId: ID, orderingKey: 'customer-7' };
const PLACE = { acceptedAtMs: T0 + 5, eventId: 'evt_5', type: 'order.paid' };
const CLAIM = {
  ...{ key: 'default POST /v1/events a b', fingerprint: 'f1', seed: 's1' },
  ...{ createdAtMs: T0, leaseUntilMs: T0 + 30_000 },
};
const JOB = newJob(
  {
    ...{ id: `job_${ulidOf(1)}`, tenant: 'default', integrationId: ID },
    request: { sinceMs: T0, untilMs: T0 + 9, statuses: ['failed'], dryRun: false },
  },
  T0,
);

const KEY = apiKey(1, {
  tenant: 'default',
  expiresAtMs: T0 + 720 * HOUR_MS,
  allowCidrs: ['192.0.2.0/24', '2001:db8::/32'],
  denyCidrs: ['192.0.2.128/25'],
  rateLimit: { perSecond: 0.5, burst: 5 },
  bucket: `key_${ulidOf(2)}`,
  signing: '1.c2VhbGVk',
  rotatedFrom: `key_${ulidOf(3)}`,
});

/** With everything that may be there: what is stored of less is less of the same. */
const INTEGRATION = integration(1, {
  limits: { perSecond: 5, concurrency: 2 },
  fallback: [
    {
      ...{ type: 'url', on: ['breaker-open'], url: 'https://dr.example.com/hooks' },
      ...{ auth: { type: 'none' }, headers: {} },
    },
  ],
  ordering: 'fifo',
});

/** At least one of every kind of row: `specimens.test.ts` counts. */
export const SPECIMENS: Readonly<Record<string, Specimen>> = {
  ...HISTORY_SPECIMENS,
  integration: {
    write: ({ integrations }) => integrations.create(INTEGRATION),
    read: async ({ integrations }) => ({
      byId: await integrations.byId(ID),
      byName: await integrations.byName('default', INTEGRATION.name),
      tenants: await integrations.tenants(),
      routes: await integrations.routes('default'),
    }),
  },
  source: {
    write: ({ sources }) => sources.create(source(1)),
    read: async ({ sources }) => ({
      byId: await sources.byId(source(1).id),
      byName: await sources.byName('default', source(1).name),
    }),
  },
  'api-key': {
    async write({ apiKeys }) {
      await apiKeys.create(KEY);
      await apiKeys.used(KEY, T0 + HOUR_MS);
    },
    read: ({ apiKeys }) => apiKeys.byId(KEY.id),
  },
  audit: AUDIT_SPECIMEN,
  'audit-digest': DIGEST_SPECIMEN,
  sealed: SEALED_SPECIMEN,
  'key-guards': {
    async write({ keyRates, lockOuts, signaturesSeen }) {
      await keyRates.take(KEY.id, { perSecond: 2, burst: 5 }, 3, T0);
      await lockOuts.save('192.0.2.1', afterFailure(undefined, KEY.lookup, T0), 0);
      await signaturesSeen.note('a-signature', T0 + 300_000, T0);
    },
    read: async ({ keyRates, lockOuts, signaturesSeen }) => ({
      lockOut: await lockOuts.load('192.0.2.1'),
      signature: await signaturesSeen.note('a-signature', T0 + 300_000, T0),
      // Last, for it takes what is left.
      rate: await keyRates.take(KEY.id, { perSecond: 2, burst: 5 }, 9, T0),
    }),
  },
  claim: {
    async write({ claims }) {
      await claims.take(CLAIM, T0 + 24 * HOUR_MS, T0);
      await claims.finish(CLAIM.key, CLAIM.seed, { statusCode: 202, body: '{"id":"evt_1"}' });
    },
    read: ({ claims }) => claims.take({ ...CLAIM, seed: 's2' }, T0 + 24 * HOUR_MS, T0 + 1),
  },
  checkpoint: {
    write: ({ progress }) =>
      progress.saveCheckpoint({
        ...{ tenant: 'default', reconciledUntilMs: T0, version: 0 },
        recent: [{ sinceMs: T0, untilMs: T0 + 60_000, count: 7, digest: -123 }],
      }),
    read: ({ progress }) => progress.checkpoint('default'),
  },
  sweep: {
    write: ({ progress }) =>
      progress.startSweep({
        ...{ kind: 'release', tenant: 'default', integrationId: ID, startedAtMs: T0 },
      }),
    read: ({ progress }) => progress.sweeps(),
  },
  job: {
    async write({ jobs }) {
      await jobs.mark({ id: JOB.id, tenant: 'default', startedAtMs: T0 });
      await jobs.create(JOB);
      await jobs.save({
        ...{ ...JOB, version: 1, progress: { done: 3, total: 9 } },
        state: { status: 'running', phase: 'work', after: 'here' },
      });
    },
    read: async ({ jobs }) => ({ job: await jobs.load(JOB.id), marks: await jobs.marks() }),
  },
  drain: {
    write: ({ drains }) =>
      drains.save({
        ...begun({ tenant: 'default', integrationId: ID }, undefined, true, T0),
        ...{ rate: 2.5, threshold: 8, position: 'p#1', lastStepAtMs: T0 + 5, emptyRounds: 1 },
      }),
    read: ({ drains }) => drains.load(ID),
  },
  'health-check': {
    async write({ healthChecks }) {
      const watch = { tenant: 'default', integrationId: ID, intervalSeconds: 60 };
      await healthChecks.watch(watch, T0);
      const seen = { ...watch, watchedAtMs: T0, claimedAtMs: 0, failuresInRow: 0 };
      await healthChecks.claim(seen, T0 + 60_000);
      await healthChecks.record(
        { ...watch, claimedAtMs: T0 + 60_000 },
        {
          result: { ok: false, atMs: T0 + 7, statusCode: 503, error: 'http', latencyMs: 12 },
          failuresInRow: 1,
        },
      );
    },
    read: ({ healthChecks }) => healthChecks.load(ID),
  },
  'breaker-watched': {
    async write({ breakers }) {
      await breakers.report(REF, report(failed(3)));
      await breakers.report(REF, report(succeeded(2), T0 + 9, { reporter: 'r2' }));
      await breakers.pause(REF, T0 + 60_000);
      await breakers.linger(REF, T0 + 90_000);
      await breakers.reject(REF, 4);
    },
    read: async ({ breakers }) => ({
      breaker: await breakers.load(REF),
      board: await breakers.board(),
    }),
  },
  'breaker-half-open': {
    async write({ breakers }) {
      const opened = open();
      await breakers.move(opened);
      if (opened.last !== undefined) await breakers.record(REF, opened.last);
      await breakers.published(REF, opened.version);
      const half = halfOpen(opened);
      await breakers.move(half);
      const seen = { version: half.version, successes: 0, failures: 0, room: 2 };
      await breakers.lease(REF, seen, lease(1));
      await breakers.lease(REF, seen, lease(2));
      await breakers.settle(REF, half.version, lease(2), 'success');
    },
    read: async ({ breakers }) => ({
      breaker: await breakers.load(REF),
      history: await breakers.history(REF, { limit: 9 }),
    }),
  },
  limits: {
    async write({ rateLimits, concurrencyLimits }) {
      await rateLimits.take(ID, { perSecond: 20, count: 15 }, T0);
      const places = { max: 2, count: 2, owner: 'me', expiresAtMs: T0 + 60_000 };
      await concurrencyLimits.take(ID, places, T0);
    },
    read: async ({ rateLimits, concurrencyLimits }) => ({
      rate: await rateLimits.take(ID, { perSecond: 20, count: 15 }, T0),
      places: await concurrencyLimits.take(
        ID,
        { max: 3, count: 3, owner: 'other', expiresAtMs: T0 + 60_000 },
        T0,
      ),
    }),
  },
  answer: {
    write({ answers }) {
      const body = Buffer.from('{"rate":1.1}');
      const kept = { statusCode: 200, headers: { etag: '"1"' }, body, storedAtMs: T0 };
      return answers.keep(ID, 'k', kept, T0 + 24 * HOUR_MS);
    },
    read: ({ answers }) => answers.last(ID, 'k'),
  },
  line: {
    async write({ lines }) {
      await lines.put(LINE, PLACE);
      const lock = { eventId: PLACE.eventId, owner: 'me', leaseUntilMs: T0 + 80_000 };
      await lines.lock(LINE, lock, T0);
    },
    read: async ({ lines }) => ({
      front: await lines.front(LINE, 9),
      newest: await lines.newest(LINE),
    }),
  },
};
