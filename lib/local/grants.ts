/** The statements of the template's roles. */
import type { Grant } from './permissions.ts';
import { inner, listOf, type Reading } from './properties.ts';
import { where } from './template.ts';

const INLINE = 'AWS::IAM::Policy';
const MANAGED = 'AWS::IAM::ManagedPolicy';
const ROLE = 'AWS::IAM::Role';

/**
 * Reads what a function's role grants; nothing is read where the template has no role for it. A
 * statement that does anything but allow is an error.
 */
export function roleReader(
  all: readonly Reading[],
): (fn: Reading) => { readonly grants?: readonly Grant[] } {
  const of = (type: string) => all.filter(({ resource }) => resource.type === type);
  const roles = new Map(of(ROLE).map((role) => [`${role.resource.logicalId}.Arn`, role]));
  return ({ properties }) => {
    const role = roles.get(String(properties.Role));
    if (role === undefined) return {};
    const arns = listOf(role.properties.ManagedPolicyArns);
    const inline = of(INLINE).filter((policy) =>
      listOf(policy.properties.Roles).includes(`${role.resource.logicalId}.Ref`),
    );
    const managed = of(MANAGED).filter(({ resource }) =>
      arns.includes(`${resource.logicalId}.Ref`),
    );
    return { grants: [...inline, ...managed].flatMap(statementsOf) };
  };
}

function statementsOf({ resource, properties }: Reading): readonly Grant[] {
  return listOf(inner(properties.PolicyDocument).Statement).map((statement) => {
    const { Effect, Action, Resource, Condition, ...unknown } = inner(statement);
    if (Effect !== 'Allow' || Object.keys(unknown).some((name) => name !== 'Sid')) {
      const keys = Object.keys(unknown).join(', ');
      throw new Error(`${where(resource)}: the local run knows no statement ${Effect} ${keys}`);
    }
    return {
      actions: texts(Action),
      resources: texts(Resource),
      conditions: Object.fromEntries(
        Object.entries(inner(Condition)).map(([operator, keys]) => [
          operator,
          Object.fromEntries(
            Object.entries(inner(keys)).map(([key, value]) => [key, texts(value)]),
          ),
        ]),
      ),
    };
  });
}

function texts(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}
