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

/** Which targets may be called. Anything but the word `loopback` is strict. */
export function readEgress(env: Environment): {
  readonly mode: 'strict' | 'loopback';
  readonly ownHosts: readonly string[];
  readonly targetArns: readonly string[];
} {
  return {
    mode: env[ENV.egress] === 'loopback' ? 'loopback' : 'strict',
    ownHosts: listOf(env[ENV.ownHosts]),
    targetArns: listOf(env[ENV.targetArns]),
  };
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
