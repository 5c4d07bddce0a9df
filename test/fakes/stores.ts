import type {
  ApiKeys,
  Claims,
  Integrations,
  Progress,
  Sources,
  Targets,
} from '../../lib/app/ports.ts';
import type { AuditDigests, AuditIntents, AuditTrail } from '../../lib/app/ports-audit.ts';
import type { Answers } from '../../lib/app/ports-calls.ts';
import type { HealthChecks } from '../../lib/app/ports-health.ts';
import type { Deliveries, Events } from '../../lib/app/ports-history.ts';
import type { Jobs } from '../../lib/app/ports-jobs.ts';
import type { KeyRates, LockOuts, SignaturesSeen } from '../../lib/app/ports-keys.ts';
import type { Lines } from '../../lib/app/ports-line.ts';
import type {
  Breakers,
  ConcurrencyLimits,
  Drains,
  RateLimits,
} from '../../lib/app/ports-outage.ts';
import { fakeAnswers } from './stores-answers.ts';
import { fakeAuditDigests, fakeAuditIntents, fakeAuditTrail } from './stores-audit.ts';
import { fakeHealthChecks } from './stores-health.ts';
import { fakeDeliveries, fakeEvents } from './stores-history.ts';
import { fakeJobs } from './stores-jobs.ts';
import { fakeKeyRates, fakeLockOuts, fakeSignaturesSeen } from './stores-keys.ts';
import { fakeLines } from './stores-lines.ts';
import { type FakeClock, fakeIntegrations, fakeSources, fakeTargets } from './stores-named.ts';
import {
  fakeBreakers,
  fakeConcurrencyLimits,
  fakeDrains,
  fakeRateLimits,
} from './stores-outage.ts';
import { fakeApiKeys, fakeClaims, fakeProgress } from './stores-state.ts';

export interface FakeStores {
  readonly integrations: Integrations;
  readonly targets: Targets;
  readonly sources: Sources;
  readonly apiKeys: ApiKeys;
  readonly events: Events;
  readonly deliveries: Deliveries;
  readonly claims: Claims;
  readonly progress: Progress;
  readonly breakers: Breakers;
  readonly rateLimits: RateLimits;
  readonly concurrencyLimits: ConcurrencyLimits;
  readonly drains: Drains;
  readonly lines: Lines;
  readonly healthChecks: HealthChecks;
  readonly jobs: Jobs;
  readonly answers: Answers;
  readonly auditTrail: AuditTrail;
  readonly auditIntents: AuditIntents;
  readonly auditDigests: AuditDigests;
  readonly keyRates: KeyRates;
  readonly lockOuts: LockOuts;
  readonly signaturesSeen: SignaturesSeen;
}

/** Every store in memory, empty, under the contracts that the tables keep. */
export function fakeStores(clock: FakeClock, perTenantMax?: number): FakeStores {
  const integrations = fakeIntegrations(perTenantMax);
  return {
    integrations,
    targets: fakeTargets(integrations),
    sources: fakeSources(perTenantMax),
    apiKeys: fakeApiKeys(),
    events: fakeEvents(clock),
    deliveries: fakeDeliveries(clock),
    claims: fakeClaims(),
    progress: fakeProgress(),
    breakers: fakeBreakers(clock),
    rateLimits: fakeRateLimits(),
    concurrencyLimits: fakeConcurrencyLimits(),
    drains: fakeDrains(),
    lines: fakeLines(),
    healthChecks: fakeHealthChecks(),
    jobs: fakeJobs(clock),
    answers: fakeAnswers(clock),
    auditTrail: fakeAuditTrail(),
    auditIntents: fakeAuditIntents(),
    auditDigests: fakeAuditDigests(),
    keyRates: fakeKeyRates(),
    lockOuts: fakeLockOuts(),
    signaturesSeen: fakeSignaturesSeen(),
  };
}
