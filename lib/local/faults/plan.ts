import { readFileSync } from 'node:fs';
import { TIMEOUT_SECONDS } from '../../names.ts';

/** Each is what the simulation calls so; docs/operations.md says what it does. */
export const FAULT_KINDS = [
  'dynamodb-throttle',
  'dynamodb-lost-before',
  'dynamodb-lost-after',
  'dynamodb-slow',
  'sqs-throttled',
  'sqs-lost-before',
  'sqs-lost-after',
  'sqs-slow',
  'sqs-partial',
  'secrets-down',
  'kill-before',
  'kill-after',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

type FunctionName = keyof typeof TIMEOUT_SECONDS;

/** All but the one that the deployment itself calls: without it there is nothing to drill. */
export const FAULTY_FUNCTIONS = (Object.keys(TIMEOUT_SECONDS) as FunctionName[]).filter(
  (name) => name !== 'firstKey',
);
export const FAULTY_TABLES = ['registry', 'history', 'state', 'audit'] as const;
export type TableRole = (typeof FAULTY_TABLES)[number];

/** What goes wrong in a local run. */
export interface FaultPlan {
  readonly seed: number;
  /** How likely each is with each request to AWS, 0 to 1; one that is left out never happens. */
  readonly rates: Readonly<Partial<Record<FaultKind, number>>>;
  /** The functions that it happens to; absent: all. */
  readonly only?: readonly FunctionName[];
  /** The tables whose requests the faults of DynamoDB befall; absent: all. */
  readonly tables?: readonly TableRole[];
}

const FIELDS = ['seed', 'rates', 'only', 'tables'] as const;
const SEED_MAX = 2 ** 32 - 1;

/** Throws what is wrong with the file: the field, its value and what is allowed. */
export function readFaultPlan(
  file: string,
  read: (file: string) => string = (path) => readFileSync(path, 'utf8'),
): FaultPlan {
  let value: unknown;
  try {
    value = JSON.parse(read(file));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${file} cannot be read as JSON: ${reason}`, { cause: error });
  }
  return parsePlan(value, (field, found, allowed) => {
    throw new Error(`${file}: ${field} is ${JSON.stringify(found)}; allowed: ${allowed}`);
  });
}

type Refuse = (field: string, found: unknown, allowed: string) => never;

function parsePlan(value: unknown, refuse: Refuse): FaultPlan {
  const fields = parseObject('the file', value, refuse);
  for (const name of Object.keys(fields)) {
    if (!isOneOf(FIELDS, name)) refuse('a field', name, FIELDS.join(', '));
  }
  const { seed, rates, only, tables } = fields;
  return {
    seed: parseSeed(seed, refuse),
    rates: parseRates(rates, refuse),
    ...(only !== undefined && { only: parseNames('only', only, FAULTY_FUNCTIONS, refuse) }),
    ...(tables !== undefined && { tables: parseNames('tables', tables, FAULTY_TABLES, refuse) }),
  };
}

function parseSeed(seed: unknown, refuse: Refuse): number {
  if (typeof seed === 'number' && Number.isInteger(seed) && seed >= 0 && seed <= SEED_MAX) {
    return seed;
  }
  return refuse('seed', seed, `a whole number, 0 to ${SEED_MAX}`);
}

function parseRates(value: unknown, refuse: Refuse): FaultPlan['rates'] {
  const rates = Object.entries(parseObject('rates', value, refuse)).map(([kind, rate]) => {
    if (!isOneOf(FAULT_KINDS, kind)) return refuse('a name in rates', kind, FAULT_KINDS.join(', '));
    if (typeof rate === 'number' && rate >= 0 && rate <= 1) return [kind, rate] as const;
    return refuse(`rates.${kind}`, rate, 'a number, 0 (never) to 1 (always)');
  });
  if (rates.length === 0) refuse('rates', value, `at least one of ${FAULT_KINDS.join(', ')}`);
  return Object.fromEntries(rates);
}

function parseNames<T extends string>(
  field: string,
  value: unknown,
  allowed: readonly T[],
  refuse: Refuse,
): readonly T[] {
  if (!Array.isArray(value) || value.length === 0) {
    return refuse(field, value, `a list of ${allowed.join(', ')}`);
  }
  return value.map((name, at) =>
    isOneOf(allowed, name) ? name : refuse(`${field}[${at}]`, name, allowed.join(', ')),
  );
}

function parseObject(
  field: string,
  value: unknown,
  refuse: Refuse,
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(field, value, 'a JSON object');
  }
  return value as Readonly<Record<string, unknown>>;
}

function isOneOf<T extends string>(allowed: readonly T[], name: unknown): name is T {
  return (allowed as readonly unknown[]).includes(name);
}
