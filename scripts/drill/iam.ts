import type { Env } from './commands.ts';
import { rootCall } from './root-call.ts';

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/**
 * AWS authorizes SendMessageBatch as `sqs:SendMessage` and knows no action of the former name;
 * ministack asks for one. Each role that may send gets it for the very same queues, and no other
 * role gets anything. Returns how many roles that were.
 */
export async function allowBatchesWhereSendingIsAllowed(env: Env): Promise<number> {
  const roles = namesIn(await iam(env, { Action: 'ListRoles', MaxItems: '1000' }), 'RoleName');
  let changed = 0;
  for (const RoleName of roles.filter((name) => name.startsWith('Breakwater-'))) {
    const policies = await iam(env, { Action: 'ListRolePolicies', RoleName });
    for (const PolicyName of namesIn(policies, 'member')) {
      const answer = await iam(env, { Action: 'GetRolePolicy', RoleName, PolicyName });
      const sending = statementsIn(answer).filter(({ Action }) =>
        [Action].flat().includes('sqs:SendMessage'),
      );
      if (sending.length === 0) continue;
      const PolicyDocument = JSON.stringify({
        Version: '2012-10-17',
        Statement: sending.map(({ Resource }) => ({
          Effect: 'Allow',
          Action: 'sqs:SendMessageBatch',
          Resource,
        })),
      });
      const put = { Action: 'PutRolePolicy', RoleName, PolicyName: 'Batches', PolicyDocument };
      await iam(env, put);
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
