import { afterAll, beforeAll, describe } from 'vitest';
import { answersContract } from './answers.contract.ts';
import { apiKeysContract } from './api-keys.contract.ts';
import { auditContract } from './audit.contract.ts';
import { breakerRecordsContract } from './breaker-records.contract.ts';
import { breakersContract } from './breakers.contract.ts';
import { claimsContract } from './claims.contract.ts';
import { deliveriesContract } from './deliveries.contract.ts';
import { drainsContract } from './drains.contract.ts';
import { eventsContract } from './events.contract.ts';
import { healthChecksContract } from './health-checks.contract.ts';
import { integrationsContract } from './integrations.contract.ts';
import { jobsContract } from './jobs.contract.ts';
import { keyGuardsContract } from './key-guards.contract.ts';
import { limitsContract } from './limits.contract.ts';
import { linesContract } from './lines.contract.ts';
import { probesContract } from './probes.contract.ts';
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
import { waitingContract } from './waiting.contract.ts';

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
  describe('keep the contract of Deliveries that wait', () => waitingContract(make));
  describe('keep the contract of Claims', () => claimsContract(make));
  describe('keep the contract of Progress', () => progressContract(make));
  describe('keep the contract of Breakers', () => breakersContract(make));
  describe('keep the contract of Breakers, over time', () => breakerRecordsContract(make));
  describe('keep the contract of Breakers, half-open', () => probesContract(make));
  describe('keep the contract of RateLimits and ConcurrencyLimits', () => limitsContract(make));
  describe('keep the contract of Drains', () => drainsContract(make));
  describe('keep the contract of Lines', () => linesContract(make));
  describe('keep the contract of HealthChecks', () => healthChecksContract(make));
  describe('keep the contract of Jobs', () => jobsContract(make));
  describe('keep the contract of Answers', () => answersContract(make));
  describe('keep the contract of the audit log', () => auditContract(make));
  describe('keep the contract of KeyRates, LockOuts and SignaturesSeen', () =>
    keyGuardsContract(make));
}
