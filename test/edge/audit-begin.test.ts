import { expect, it } from 'vitest';
import { beginningAtWrites } from '../../lib/app/audit-begin.ts';
import { httpWorld } from './http-world.ts';

/** What changes nothing that outlives a request, the audit log itself, and what only reads. */
const HARMLESS = [
  ...['auditTrail', 'auditIntents', 'auditDigests', 'digestSigner', 'digestKeyState'],
  ...['clock', 'random', 'telemetry', 'tally', 'budgets', 'answersKept', 'egress', 'sealer'],
  ...['targets', 'probes'],
  // By the stores of who made it, for what was decided before.
  ...['board', 'limitDrains'],
  // The authorizer's alone.
  ...['keyRates', 'lockOuts', 'signaturesSeen'],
];

it('a change is begun before anything that a route may be given does its work', () => {
  const { deps } = httpWorld();
  const wrapped: Readonly<Record<string, unknown>> = { ...beginningAtWrites(deps, async () => {}) };
  const ports = Object.entries(deps).filter(([, port]) => typeof port === 'object');
  const bare = ports.filter(([name, port]) => wrapped[name] === port).map(([name]) => name);
  expect(bare.sort()).toEqual(HARMLESS.toSorted());
});

it('what only reads begins nothing, and a change that cannot be begun is not made', async () => {
  const { deps } = httpWorld();
  let begun = 0;
  const begin = async () => {
    begun += 1;
    throw new Error('The audit log is down.');
  };
  const stores = beginningAtWrites(deps, begin);
  expect(await stores.integrations.byName('default', 'erp')).toBeUndefined();
  expect(await stores.jobs.list({ limit: 1 })).toMatchObject({ items: [] });
  expect(begun).toBe(0);
  const sweep = { kind: 'release', tenant: 'default', integrationId: 'int_1', startedAtMs: 1 };
  await expect(stores.progress.startSweep(sweep as never)).rejects.toThrow('down');
  expect(await deps.progress.sweeps()).toEqual([]);
});

it('a test call that cannot be begun sends nothing, nor asks for a token', async () => {
  const { deps, call } = httpWorld();
  const auth = {
    ...{ type: 'oauth2ClientCredentials', tokenUrl: 'https://id.example.com/token' },
    ...{ clientId: 'c', clientSecret: 'the-client-secret' },
  };
  const body = { name: 'svc', endpoint: 'https://svc.example.com/in', auth };
  expect((await call('POST', '/v1/integrations', { body })).status).toBe(201);
  const sent: string[] = [];
  const { send } = deps.sender;
  deps.sender.send = async (one) => {
    sent.push(one.url);
    return await send(one);
  };
  const { put } = deps.auditIntents;
  deps.auditIntents.put = () => Promise.reject(new Error('down'));
  const asked = () => call('POST', '/v1/integrations/svc/test', { body: {} });
  expect((await asked()).status).toBe(503);
  expect(sent).toEqual([]);
  deps.auditIntents.put = put;
  expect((await asked()).status).toBe(200);
  expect(sent[0]).toBe(auth.tokenUrl);
});
