import { breakerBoard } from '../../lib/app/breaker-board.ts';
import { oauth2Tokens } from '../../lib/app/oauth2-tokens.ts';
import type { AdminKeyVault } from '../../lib/app/ports.ts';
import type { Principal } from '../../lib/domain/api-key.ts';
import type { EgressPolicy } from '../../lib/domain/egress.ts';
import { type FieldError, RequestError } from '../../lib/domain/errors.ts';
import { withCallers } from './callers.ts';
import { fakeStores } from './stores.ts';
import {
  fakeClock,
  fakeDeliveryQueue,
  fakeFanOutQueue,
  fakeRandom,
  fakeSender,
  fakeTelemetry,
  fakeWorkQueue,
} from './world.ts';

export const STRICT: EgressPolicy = { mode: 'strict', ownHosts: ['api.breakwater.example.com'] };

/** Everything that the use cases of the registry need, in memory. */
export function registryWorld() {
  const clock = fakeClock();
  const sender = fakeSender(clock);
  const telemetry = fakeTelemetry();
  const stores = fakeStores(clock);
  return {
    ...stores,
    apiKeys: withCallers(stores.apiKeys, [ADMIN.keyId, adminOf('any').keyId]),
    clock,
    board: breakerBoard({ ...stores, clock, telemetry }),
    fanOutQueue: fakeFanOutQueue(),
    random: fakeRandom(),
    sender,
    tokens: oauth2Tokens({ sender, clock, telemetry, version: '0.1.0' }),
    deliveryQueue: fakeDeliveryQueue(),
    workQueue: fakeWorkQueue(),
    telemetry,
    vault: fakeVault(),
    egress: STRICT,
    publicUrl: 'https://hooks.example.com',
    pepper: 'pepper',
    version: '0.1.0',
  };
}

/** A vault that keeps what was written last; it starts with what the deployment put there. */
export function fakeVault(initial?: string): AdminKeyVault & { current(): string | undefined } {
  let key = initial;
  return {
    current: () => key,
    read: async () => key,
    write: async (next) => {
      key = next;
    },
  };
}

export const ADMIN: Principal = {
  keyId: 'key_00000000000000000000000000',
  name: 'admin',
  scopes: ['admin'],
};

/** An admin of one tenant only. */
export function adminOf(tenant: string): Principal {
  return { ...ADMIN, keyId: 'key_00000000000000000000000001', tenant };
}

/** How a request was refused; fails when it was not. */
export async function refusalOf(
  work: (() => unknown) | Promise<unknown>,
): Promise<{ readonly code: string; readonly message: string; readonly fields: FieldMap }> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return { code: error.code, message: error.message, fields: mapOf(error.fields) };
  }
  throw new Error('The request was not refused.');
}

type FieldMap = Readonly<Record<string, string>>;

function mapOf(fields: readonly FieldError[]): FieldMap {
  return Object.fromEntries(fields.map(({ path, message }) => [path, message]));
}
