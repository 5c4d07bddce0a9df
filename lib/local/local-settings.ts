import { readFaultPlan } from './faults/plan.ts';
import type { BootOptions } from './local-run.ts';

export interface LocalSettings {
  readonly boot: BootOptions & { readonly home: string; readonly egress: 'loopback' | 'strict' };
  /** Lines as the functions write them, in place of readable ones. */
  readonly rawLog: boolean;
}

const PORT_DEFAULT = 8787;
const PORT_MAX = 65_535;

/** The settings of `npm start`, from the environment; a value that is none throws, naming it. */
export function parseSettings(env: Readonly<Record<string, string | undefined>>): LocalSettings {
  const assembly = env.BREAKWATER_ASSEMBLY;
  const targetArns = listOf(env.BREAKWATER_TARGET_ARNS);
  const faults = env.BREAKWATER_FAULTS ?? '';
  return {
    boot: {
      home: env.BREAKWATER_HOME ?? '.breakwater',
      port: parsePort(env.PORT),
      egress: oneOf('BREAKWATER_EGRESS', env.BREAKWATER_EGRESS, ['loopback', 'strict']),
      ...(targetArns.length > 0 && { targetArns }),
      ...(assembly !== undefined && { assembly }),
      ...(faults !== '' && { faults: readFaultPlan(faults) }),
    },
    rawLog: oneOf('BREAKWATER_LOG', env.BREAKWATER_LOG, ['text', 'json']) === 'json',
  };
}

function listOf(value = ''): readonly string[] {
  return value.split(',').flatMap((item) => item.trim() || []);
}

function parsePort(value: string | undefined): number {
  if (value === undefined || value === '') return PORT_DEFAULT;
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= PORT_MAX) return port;
  throw new Error(`PORT is ${JSON.stringify(value)}; allowed: 0 (any free one) to ${PORT_MAX}`);
}

/** The first of `allowed` is the default. */
function oneOf<T extends string>(
  name: string,
  value: string | undefined,
  allowed: readonly [T, ...T[]],
): T {
  if (value === undefined || value === '') return allowed[0];
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  throw new Error(`${name} is ${JSON.stringify(value)}; allowed: ${allowed.join(', ')}`);
}
