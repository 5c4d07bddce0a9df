import { describe, expect, it } from 'vitest';
import { listOf, type Properties, type Resource, Synthesized } from './synthesized.ts';

const stack = new Synthesized();
const found = stack.all('AWS::KMS::Key').filter(({ id }) => id.startsWith('Digests'));
const [key] = found as [Resource];
const roleOf = (name: string): string => stack.functionNamed(name).properties.Role['Fn::GetAtt'][0];

/** Who has the action on the key by its role. */
function whoMay(action: string): readonly string[] {
  const names = stack.all('AWS::Lambda::Function').map(({ id }) => id.slice(9, -8));
  return names.filter((name) =>
    stack
      .statementsOf(name)
      .some(
        ({ Action, Resource }) =>
          listOf(Action).includes(action) && JSON.stringify(Resource).includes(key.id),
      ),
  );
}

describe('the key that signs digests', () => {
  it('is one of ECDSA on P-256 that is kept when the stack is deleted', () => {
    expect(found).toHaveLength(1);
    expect(key.properties).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    expect(key.deletionPolicy).toBe('Retain');
  });

  it('is used by the tick to sign, and looked at by the API', () => {
    expect(whoMay('kms:Sign')).toEqual(['Tick']);
    expect(whoMay('kms:GetPublicKey')).toEqual(['Api']);
    expect(whoMay('kms:DescribeKey')).toEqual(['Api']);
    const [signing] = stack
      .statementsOf('Tick')
      .filter(({ Action }) => listOf(Action).includes('kms:Sign'));
    expect(signing?.Condition.StringEquals).toEqual({
      'kms:SigningAlgorithm': 'ECDSA_SHA_256',
      'kms:MessageType': 'DIGEST',
    });
  });

  it('lets by its own policy nobody sign but the role of the tick, whatever other policies say', () => {
    const statements: readonly Properties[] = key.properties.KeyPolicy.Statement;
    const signing = statements.filter(({ Action }) => listOf(Action).includes('kms:Sign'));
    expect(signing).toHaveLength(1);
    expect(signing[0]?.Condition.ArnEquals).toEqual({
      'aws:PrincipalArn': { 'Fn::GetAtt': [roleOf('Tick'), 'Arn'] },
    });
    const actions = statements.flatMap(({ Action }) => listOf<string>(Action));
    expect(actions.filter((action) => action.includes('*') || /Grant$/.test(action))).toEqual([
      'kms:RevokeGrant',
    ]);
  });
});
