import { dynamoAnswers } from '../adapters/dynamodb/answers.ts';
import { dynamoConcurrencyLimits } from '../adapters/dynamodb/concurrency-limits.ts';
import { dynamoIntegrations } from '../adapters/dynamodb/integrations.ts';
import { dynamoRateLimits } from '../adapters/dynamodb/rate-limits.ts';
import { cachedLookups } from '../adapters/dynamodb/targets.ts';
import { breakerTally } from '../app/breaker-tally.ts';
import { callBudgets } from '../app/call-budgets.ts';
import { answersKept } from '../app/call-cache.ts';
import { oauth2Tokens } from '../app/oauth2-tokens.ts';
import { instanceName } from '../app/random-names.ts';
import { composePublish } from './compose.ts';
import { type Environment, readEgress } from './config.ts';
import type { Outside } from './outside.ts';
import { allTables, dynamo, httpSenderTo, openerOf, outages, pepperOf } from './parts.ts';
import { derivedKey, sealer } from './seal.ts';

/** Calls publish what they cannot make, move breakers as deliveries do, and keep what they got. */
export function composeCall(env: Environment = process.env, outside: Outside = {}) {
  const publish = composePublish(env, outside);
  const { clock, random } = publish;
  const db = dynamo(outside);
  const tables = allTables(env);
  const options = { ...publish, vault: openerOf(env, publish, outside) };
  const integrations = dynamoIntegrations(db, tables, options);
  const sender = httpSenderTo(readEgress(env), outside);
  return {
    ...publish,
    ...outages(env, publish, outside),
    integrations: { ...integrations, ...cachedLookups(integrations, clock) },
    sender,
    tokens: oauth2Tokens({ ...publish, sender }),
    tally: breakerTally(),
    instance: instanceName(random),
    rateLimits: dynamoRateLimits(db, tables, publish),
    concurrencyLimits: dynamoConcurrencyLimits(db, tables, publish),
    budgets: callBudgets(clock),
    answers: dynamoAnswers(db, tables, publish),
    answersKept: answersKept(),
    // What services answer may be secret.
    sealer: sealer(derivedKey(pepperOf(env, outside), 'kept-answers'), random),
  };
}
