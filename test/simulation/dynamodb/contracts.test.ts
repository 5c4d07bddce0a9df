import { describe } from 'vitest';
import { answersContract } from '../../contracts/answers.contract.ts';
import { apiKeysContract } from '../../contracts/api-keys.contract.ts';
import { breakerRecordsContract } from '../../contracts/breaker-records.contract.ts';
import { breakersContract } from '../../contracts/breakers.contract.ts';
import { claimsContract } from '../../contracts/claims.contract.ts';
import { deliveriesContract } from '../../contracts/deliveries.contract.ts';
import { drainsContract } from '../../contracts/drains.contract.ts';
import { eventsContract } from '../../contracts/events.contract.ts';
import { healthChecksContract } from '../../contracts/health-checks.contract.ts';
import { integrationsContract } from '../../contracts/integrations.contract.ts';
import { jobsContract } from '../../contracts/jobs.contract.ts';
import { limitsContract } from '../../contracts/limits.contract.ts';
import { linesContract } from '../../contracts/lines.contract.ts';
import { probesContract } from '../../contracts/probes.contract.ts';
import { progressContract } from '../../contracts/progress.contract.ts';
import { sourcesContract } from '../../contracts/sources.contract.ts';
import { type MakeWorld, testClock } from '../../contracts/stand-ins.ts';
import { waitingContract } from '../../contracts/waiting.contract.ts';
import { AWS_WEAKNESSES, type Fault, NO_WEAKNESSES, type Request } from './weaknesses.ts';
import { modelWorld, worldsWith } from './world.ts';

const EVERY_STORE = contracts();
/** Those that only the table's consistent reads decide: no lag of an index or a replica shows. */
const EXACT = [
  'Claims',
  'Progress',
  'Breakers, half-open',
  'Limits',
  'Drains',
  'Lines',
  'Jobs',
  'Answers',
];
/**
 * Those in which an answer that is lost changes nothing. Of the others their adapters say that it
 * may: a report is counted twice where another came between, a grant is used by nobody, nobody is
 * told that it was he who took a place away.
 */
const SAFE_TWICE = Object.keys(EVERY_STORE).filter(
  (name) => !['Breakers', 'Limits', 'Lines'].includes(name),
);

describe('the stores on the model of DynamoDB', () => {
  keep(EVERY_STORE, worldsWith({ weaknesses: NO_WEAKNESSES }));
});

describe('the stores on a model whose indexes and replicas are late, a minute later', () => {
  keep(EVERY_STORE, async ({ perTenantMax } = {}) => {
    const clock = testClock();
    // Every query comes when what was written before it has arrived.
    const fault = ({ operation }: Request): Fault => {
      if (operation === 'Query') clock.advance(AWS_WEAKNESSES.indexLagMs);
      return 'none';
    };
    return modelWorld(
      { clock, weaknesses: { ...AWS_WEAKNESSES, ttlLateMs: 'never' }, fault },
      perTenantMax,
    );
  });
});

describe('the stores on a model whose indexes and replicas are late', () => {
  const weaknesses = { ...AWS_WEAKNESSES, ttlLateMs: 'never' } as const;
  keep(pick(EXACT), worldsWith({ weaknesses }));
});

describe.each(['throttle', 'lost-before'] as const)(
  'the stores when each first try is %s',
  (fault) => {
    keep(EVERY_STORE, worldsWith({ weaknesses: NO_WEAKNESSES, fault: atFirst(fault) }));
  },
);

describe('the stores when each answer is lost once, after the write', () => {
  keep(pick(SAFE_TWICE), worldsWith({ weaknesses: NO_WEAKNESSES, fault: atFirst('lost-after') }));
});

function atFirst(fault: Fault): (request: Request) => Fault {
  return ({ attempt }) => (attempt === 1 ? fault : 'none');
}

function keep(contracts: Contracts, make: MakeWorld): void {
  for (const [name, contract] of Object.entries(contracts)) {
    describe(`keep the contract of ${name}`, () => contract(make));
  }
}

function pick(names: readonly string[]): Contracts {
  return Object.fromEntries(Object.entries(EVERY_STORE).filter(([name]) => names.includes(name)));
}

type Contracts = Readonly<Record<string, (make: MakeWorld) => void>>;

function contracts(): Contracts {
  return {
    Integrations: integrationsContract,
    Sources: sourcesContract,
    ApiKeys: apiKeysContract,
    Events: eventsContract,
    Deliveries: deliveriesContract,
    'Deliveries that wait': waitingContract,
    Claims: claimsContract,
    Progress: progressContract,
    Breakers: breakersContract,
    'Breakers, over time': breakerRecordsContract,
    'Breakers, half-open': probesContract,
    Limits: limitsContract,
    Drains: drainsContract,
    Lines: linesContract,
    HealthChecks: healthChecksContract,
    Jobs: jobsContract,
    Answers: answersContract,
  };
}
