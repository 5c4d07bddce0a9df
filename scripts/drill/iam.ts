import type { Env } from './commands.ts';
import { rootCall } from './root-call.ts';

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/**
 * AWS authorizes SendMessageBatch as `sqs:SendMessage` and knows no action of the former name;
 * ministack asks for one. Each role that may send gets it for the very same queues, and no other
 * role gets anything. Returns how many roles that were.
 */
export function allowBatchesWhereSendingIsAllowed(env: Env): Promise<number> {
  return allowToo(env, 'Batches', ({ Action, Resource }) =>
    [Action].flat().includes('sqs:SendMessage')
      ? { Effect: 'Allow', Action: 'sqs:SendMessageBatch', Resource }
      : undefined,
  );
}

/**
 * What a role may do with a key under conditions that ministack has no values for, and so refuses:
 * the encryption context, the algorithm of a signature. Returns how many roles that were.
 */
export function allowKeysWithoutTheirConditions(env: Env): Promise<number> {
  return allowToo(env, 'Keys', (statement) => {
    const { Action, Resource } = statement;
    const isMeant = isUnknown(statement) && isOfKms(Action);
    return isMeant ? { Effect: 'Allow', Action, Resource } : undefined;
  });
}

const UNKNOWN = /"kms:(?:EncryptionContext|SigningAlgorithm|MessageType)/;

/**
 * The same of what keys say in their own policies; and `aws:PrincipalArn` is to ministack a session's,
 * not its role's. Who may is told by the roles alone then. Returns how many keys did.
 */
export async function relaxKeyPolicies(env: Env): Promise<number> {
  const { Keys } = await kms<{ readonly Keys: readonly { readonly KeyId: string }[] }>(
    env,
    'ListKeys',
    {},
  );
  let changed = 0;
  for (const { KeyId } of Keys) {
    const named = { KeyId, PolicyName: 'default' };
    const { Policy } = await kms<{ readonly Policy: string }>(env, 'GetKeyPolicy', named);
    const document = JSON.parse(Policy) as { readonly Statement: readonly Statement[] };
    if (!document.Statement.some(isUnknown)) continue;
    const relaxed = document.Statement.map((statement) => {
      const { Condition: _, ...unconditional } = statement;
      return isUnknown(statement) ? unconditional : statement;
    });
    const put = { ...named, Policy: JSON.stringify({ ...document, Statement: relaxed }) };
    await kms(env, 'PutKeyPolicy', put);
    changed += 1;
  }
  return changed;
}

const isUnknown = ({ Condition }: Statement) => UNKNOWN.test(JSON.stringify(Condition ?? {}));

async function kms<T>(env: Env, action: string, input: object): Promise<T> {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `TrentService.${action}`,
  };
  return JSON.parse((await rootCall(env, 'kms', headers, JSON.stringify(input))) || '{}') as T;
}

const isOfKms = (actions: Statement['Action']) =>
  [actions].flat().every((action) => action.startsWith('kms:'));

/** Gives each role of the stack a policy of this name with what follows from its own statements. */
async function allowToo(
  env: Env,
  name: string,
  more: (statement: Statement) => object | undefined,
): Promise<number> {
  const roles = namesIn(await iam(env, { Action: 'ListRoles', MaxItems: '1000' }), 'RoleName');
  let changed = 0;
  for (const RoleName of roles.filter((role) => role.startsWith('Breakwater-'))) {
    const policies = await iam(env, { Action: 'ListRolePolicies', RoleName });
    for (const PolicyName of namesIn(policies, 'member')) {
      const answer = await iam(env, { Action: 'GetRolePolicy', RoleName, PolicyName });
      const Statement = statementsIn(answer).flatMap((statement) => more(statement) ?? []);
      if (Statement.length === 0) continue;
      const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
      await iam(env, { Action: 'PutRolePolicy', RoleName, PolicyName: name, PolicyDocument });
      changed += 1;
    }
  }
  return changed;
}

function iam(env: Env, parameters: Readonly<Record<string, string>>): Promise<string> {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const query = new URLSearchParams({ Version: '2010-05-08', ...parameters });
  return rootCall(env, 'iam', form, query.toString());
}

function namesIn(xml: string, tag: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${tag}>([^<]+)</${tag}>`, 'g'))].map(
    ([, name = '']) => name,
  );
}

function statementsIn(xml: string): readonly Statement[] {
  const [document = '{}'] = namesIn(xml, 'PolicyDocument');
  const text = document.startsWith('%') ? decodeURIComponent(document) : document;
  return JSON.parse(text.replaceAll('&quot;', '"').replaceAll('&amp;', '&')).Statement ?? [];
}
