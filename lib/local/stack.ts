import { join } from 'node:path';
import { type Addresses, attributesAt, nameOf } from './attributes.ts';
import type { TableDefinition } from './dynamodb-tables.ts';
import { roleReader } from './grants.ts';
import { type KeySpec, parseKeyKind } from './kms-keys.ts';
import type { FunctionSpec } from './lambda-environment.ts';
import { flag, inner, listOf, number, type Reading, text } from './properties.ts';
import { isCustomResource } from './resource-types.ts';
import type { GenerateSecretString, SecretSpec } from './secrets.ts';
import { DEFAULT_SETTINGS, withAttributes } from './sqs-attributes.ts';
import type { QueueSettings } from './sqs-message.ts';
import { readApi } from './stack-api.ts';
import { type Place, type Properties, resolved, type Template, where } from './template.ts';

/** The parts of a stack that run, with every value in place. */
export interface Stack {
  readonly functions: readonly FunctionSpec[];
  readonly queues: readonly { readonly name: string; readonly settings: QueueSettings }[];
  readonly tables: readonly TableDefinition[];
  readonly secrets: readonly SecretSpec[];
  /** The keys of KMS. */
  readonly keys: readonly KeySpec[];
  readonly mappings: readonly MappingSpec[];
  readonly schedules: readonly ScheduleSpec[];
  readonly customResources: readonly CustomResourceSpec[];
  readonly api: ApiSpec | undefined;
}

export interface MappingSpec {
  readonly queueArn: string;
  /** Name or ARN. */
  readonly functionId: string;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly concurrencyMax: number | undefined;
  /** The function names the messages that it failed; else all of a failed batch come again. */
  readonly reportsFailures: boolean;
}

export interface ScheduleSpec {
  readonly ruleArn: string;
  readonly everyMs: number;
  readonly functionId: string;
  readonly input: string | undefined;
}

export interface CustomResourceSpec {
  readonly logicalId: string;
  readonly type: string;
  readonly functionId: string;
  readonly properties: Properties;
}

export interface ApiSpec {
  readonly id: string;
  readonly routes: readonly RouteSpec[];
}
export interface RouteSpec {
  readonly routeKey: string;
  readonly functionId: string;
  readonly timeoutMs: number;
  readonly authorizerFunctionId: string | undefined;
}

/** Where the code of a function lies, by what its `Code` says. */
export type CodeFolder = (code: Properties) => string;

export function readStack(
  template: Template,
  place: Place,
  addresses: Addresses,
  codeFolder: CodeFolder,
): Stack {
  const attributeOf = attributesAt(place, addresses);
  const all: readonly Reading[] = [...template.resources.values()].map((resource) => ({
    resource,
    properties: resolved(template, resource, place, attributeOf),
    attribute: (name) => attributeOf(resource, name),
  }));
  const of = (type: string) => all.filter(({ resource }) => resource.type === type);
  const grantsOf = roleReader(all);
  return {
    functions: of('AWS::Lambda::Function').map((reading) => ({
      ...readFunction(reading, codeFolder),
      ...grantsOf(reading),
    })),
    queues: of('AWS::SQS::Queue').map(readQueue),
    tables: [...of('AWS::DynamoDB::Table'), ...of('AWS::DynamoDB::GlobalTable')].map(readTable),
    secrets: of('AWS::SecretsManager::Secret').map(readSecret),
    keys: of('AWS::KMS::Key').map(readKey),
    mappings: of('AWS::Lambda::EventSourceMapping').filter(isEnabled).map(readMapping),
    schedules: of('AWS::Events::Rule').filter(isEnabled).flatMap(readRule),
    customResources: all.filter(({ resource }) => isCustomResource(resource.type)).map(readCustom),
    api: readApi(of),
  };
}

function readFunction(reading: Reading, codeFolder: CodeFolder): FunctionSpec {
  const { resource, properties, attribute } = reading;
  const runtime = text(reading, 'Runtime');
  if (!runtime.startsWith('nodejs')) throw new Error(`${where(resource)}: runtime ${runtime}`);
  const [module = '', exportName = ''] = text(reading, 'Handler').split('.');
  const variables = inner(inner(properties.Environment).Variables);
  const reserved = properties.ReservedConcurrentExecutions;
  return {
    name: nameOf(resource, 'FunctionName'),
    arn: attribute('Arn'),
    file: join(codeFolder(inner(properties.Code)), `${module}.js`),
    exportName,
    timeoutMs: number(reading, 'Timeout', 3) * 1000,
    memoryMb: number(reading, 'MemorySize', 128),
    environment: Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, String(value)]),
    ),
    ...(reserved !== undefined && { concurrencyMax: Number(reserved) }),
  };
}

function readQueue({ resource, properties }: Reading) {
  const { QueueName: _, Tags: __, ...attributes } = properties;
  return {
    name: nameOf(resource, 'QueueName'),
    settings: withAttributes(DEFAULT_SETTINGS, attributes),
  };
}

function readTable({ resource, properties }: Reading): TableDefinition {
  const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes } = properties as Partial<
    Omit<TableDefinition, 'TableName'>
  >;
  return {
    TableName: nameOf(resource, 'TableName'),
    KeySchema: KeySchema ?? [],
    AttributeDefinitions: AttributeDefinitions ?? [],
    ...(GlobalSecondaryIndexes !== undefined && { GlobalSecondaryIndexes }),
  };
}

function readSecret({ resource, properties, attribute }: Reading): SecretSpec {
  const { GenerateSecretString: generate, SecretString: value } = properties;
  return {
    arn: attribute('Ref'),
    name: nameOf(resource, 'Name'),
    ...(generate !== undefined && { generate: generate as GenerateSecretString }),
    ...(value !== undefined && { value: String(value) }),
  };
}

function readKey({ resource, properties, attribute }: Reading): KeySpec {
  const kind = parseKeyKind(properties.KeySpec, properties.KeyUsage);
  if (kind !== undefined) return { arn: attribute('Arn'), kind };
  throw new Error(`${where(resource)}: the local run knows no keys of this KeySpec and KeyUsage`);
}

function readMapping(reading: Reading): MappingSpec {
  const { properties } = reading;
  const concurrencyMax = inner(properties.ScalingConfig).MaximumConcurrency;
  return {
    queueArn: text(reading, 'EventSourceArn'),
    functionId: text(reading, 'FunctionName'),
    batchSize: number(reading, 'BatchSize', 10),
    windowMs: number(reading, 'MaximumBatchingWindowInSeconds', 0) * 1000,
    concurrencyMax: concurrencyMax === undefined ? undefined : Number(concurrencyMax),
    reportsFailures: listOf(properties.FunctionResponseTypes).includes('ReportBatchItemFailures'),
  };
}

const UNIT_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

function readRule(reading: Reading): readonly ScheduleSpec[] {
  const expression = text(reading, 'ScheduleExpression');
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const everyMs = Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  if (!(everyMs > 0)) throw new Error(`${where(reading.resource)}: schedule ${expression}`);
  return listOf(reading.properties.Targets).map((target) => {
    const { Arn, Input } = inner(target);
    return {
      ruleArn: reading.attribute('Arn'),
      everyMs,
      functionId: String(Arn),
      input: Input === undefined ? undefined : jsonText(reading, Input),
    };
  });
}

function jsonText({ resource }: Reading, value: unknown): string {
  try {
    JSON.parse(String(value));
    return String(value);
  } catch (error) {
    throw new Error(`${where(resource)}: Input is not JSON`, { cause: error });
  }
}

function readCustom(reading: Reading): CustomResourceSpec {
  const { resource, properties } = reading;
  const functionId = text(reading, 'ServiceToken');
  return { logicalId: resource.logicalId, type: resource.type, functionId, properties };
}

function isEnabled({ properties }: Reading): boolean {
  return flag(properties.Enabled, true) && properties.State !== 'DISABLED';
}
