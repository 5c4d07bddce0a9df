import { AwsError, type AwsInput } from './aws-json.ts';

type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion';

export interface KeyStates {
  /** Throws what KMS says of a key that nobody may use now. */
  requireUsable(arn: string): void;
  readonly operations: Readonly<Record<string, (input: AwsInput) => object>>;
}

const PENDING_DAYS = 30;

/** Which keys may be used, and how that is changed. In memory: after a start each may. */
export function keyStates(arnOf: (input: AwsInput) => string): KeyStates {
  const states = new Map<string, KeyState>();
  const stateOf = (arn: string) => states.get(arn) ?? 'Enabled';
  const pending = (arn: string) =>
    new AwsError('KMSInvalidStateException', `${arn} is pending deletion.`);
  const moving = (to: KeyState, from: readonly KeyState[]) => (input: AwsInput) => {
    const arn = arnOf(input);
    if (!from.includes(stateOf(arn))) throw pending(arn);
    states.set(arn, to);
    return { KeyId: arn, KeyState: to };
  };
  const schedule = moving('PendingDeletion', ['Enabled', 'Disabled']);
  return {
    requireUsable(arn) {
      if (stateOf(arn) === 'PendingDeletion') throw pending(arn);
      if (stateOf(arn) === 'Disabled')
        throw new AwsError('DisabledException', `${arn} is disabled.`);
    },
    operations: {
      EnableKey: moving('Enabled', ['Enabled', 'Disabled']),
      DisableKey: moving('Disabled', ['Enabled', 'Disabled']),
      ScheduleKeyDeletion(input) {
        const DeletionDate = Date.now() / 1_000 + PENDING_DAYS * 86_400;
        return { ...schedule(input), DeletionDate, PendingWindowInDays: PENDING_DAYS };
      },
      // What was to be deleted is not used again by mistake: it has to be enabled.
      CancelKeyDeletion: moving('Disabled', ['PendingDeletion']),
    },
  };
}
