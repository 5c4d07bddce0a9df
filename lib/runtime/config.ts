import type { AddressBlock } from '../domain/addresses.ts';
import type { RateLimit } from '../domain/api-key.ts';
import type { EgressPolicy } from '../domain/egress.ts';
import { parseAllowedBlock } from '../domain/egress-addresses.ts';
import { ENV } from '../names.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What every function knows of its deployment. */
export interface Config {
  readonly stage: string;
  readonly version: string;
  readonly service: string;
}

/** Reads `names` from the environment; every one that is missing is named in one error. */
export function required<N extends keyof typeof ENV>(
  env: Environment,
  names: readonly N[],
): Record<N, string> {
  const missing = names.filter((name) => (env[ENV[name]] ?? '') === '');
  if (missing.length > 0) {
    const list = missing.map((name) => ENV[name]).join(', ');
    throw new Error(`The function lacks environment variables: ${list}.`);
  }
  return Object.fromEntries(names.map((name) => [name, env[ENV[name]] ?? ''])) as Record<N, string>;
}

export function readConfig(env: Environment): Config {
  const { stage, version } = required(env, ['stage', 'version']);
  return { stage, version, service: env.AWS_LAMBDA_FUNCTION_NAME ?? 'breakwater' };
}

/**
 * Which targets may be called. Anything but the word `loopback` is strict. Called at each cold
 * start of a function that sends: one that could be talked out of checking certificates does not
 * start at all. (Deliveries would check them all the same; what else uses TLS might not.)
 */
export function readEgress(env: Environment): EgressPolicy {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    throw new Error('NODE_TLS_REJECT_UNAUTHORIZED switches TLS checks off; remove it.');
  }
  return {
    mode: env[ENV.egress] === 'loopback' ? 'loopback' : 'strict',
    // Without them deliveries could be sent to the API itself: not a guess, but an error.
    ownHosts: listOf(required(env, ['ownHosts']).ownHosts),
    targetArns: listOf(env[ENV.targetArns]),
    addresses: {
      allowed: listOf(env[ENV.egressAllow]).map(allowedBlock),
      nat64: env[ENV.egressNat64] === 'decode' ? 'decode' : 'refuse',
    },
  };
}

function allowedBlock(text: string): AddressBlock {
  const block = parseAllowedBlock(text);
  if (block !== undefined) return block;
  throw new Error(`${ENV.egressAllow} has ${JSON.stringify(text)}; allowed: private CIDR blocks.`);
}

function listOf(text = ''): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

const RETENTION_DAYS_DEFAULT = 30;

export function readRetentionDays(env: Environment): number {
  const days = Number(env[ENV.retentionDays] ?? RETENTION_DAYS_DEFAULT);
  if (Number.isInteger(days) && days >= 1 && days <= 3_650) return days;
  throw new Error(`${ENV.retentionDays} must be a whole number of days, 1–3650.`);
}

/** `perSecond/burst`; undefined where the deployment sets none. */
export function readKeyRateLimit(env: Environment): RateLimit | undefined {
  const text = env[ENV.keyRateLimit] ?? '';
  if (text === '') return undefined;
  const [perSecond = Number.NaN, burst = Number.NaN, ...rest] = text.split('/').map(Number);
  if (rest.length === 0 && perSecond > 0 && Number.isInteger(burst) && burst >= 1) {
    return { perSecond, burst };
  }
  throw new Error(`${ENV.keyRateLimit} must be a rate and a burst, such as 50/100.`);
}
