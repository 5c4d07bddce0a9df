import { afterAll, beforeAll, describe } from 'vitest';
import { apiKeysContract } from './api-keys.contract.ts';
import { claimsContract } from './claims.contract.ts';
import { deliveriesContract } from './deliveries.contract.ts';
import { eventsContract } from './events.contract.ts';
import { integrationsContract } from './integrations.contract.ts';
import { progressContract } from './progress.contract.ts';
import { sourcesContract } from './sources.contract.ts';
import {
  fakeWorld,
  isMissing,
  type MakeWorld,
  STAND_INS,
  type StandIn,
  startStandIn,
} from './stand-ins.ts';

describe('the stores in memory', () => contracts(fakeWorld));

for (const kind of STAND_INS) {
  describe.skipIf(isMissing(kind))(`the stores on ${kind}`, () => {
    let standIn: StandIn;
    beforeAll(async () => {
      standIn = await startStandIn(kind);
    });
    afterAll(() => standIn.stop());
    contracts((options) => standIn.world(options));
  });
}

function contracts(make: MakeWorld): void {
  describe('keep the contract of Integrations', () => integrationsContract(make));
  describe('keep the contract of Sources', () => sourcesContract(make));
  describe('keep the contract of ApiKeys', () => apiKeysContract(make));
  describe('keep the contract of Events', () => eventsContract(make));
  describe('keep the contract of Deliveries', () => deliveriesContract(make));
  describe('keep the contract of Claims', () => claimsContract(make));
  describe('keep the contract of Progress', () => progressContract(make));
}
