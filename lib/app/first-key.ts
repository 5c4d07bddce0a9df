import type { ApiKey } from '../domain/api-key.ts';
import { NO_TENANT } from '../domain/audit.ts';
import { KEY_RANDOM_BYTES, type KeyParts, makeKey, parseKey } from '../domain/keys.ts';
import { type KeyDeps, keyOf } from './api-keys.ts';
import { keyState } from './audit-views.ts';
import { audited, type ChangeAuditDeps } from './audited-change.ts';
import type { AdminKeyVault } from './ports.ts';

export interface FirstKeyDeps extends KeyDeps, ChangeAuditDeps {
  readonly clock: KeyDeps['clock'] & ChangeAuditDeps['clock'];
  readonly random: KeyDeps['random'] & ChangeAuditDeps['random'];
  readonly vault: AdminKeyVault;
}

/**
 * Sees to it that the vault holds an admin key that works: a new one unless there is one, never
 * one that was revoked. May be repeated and may run twice at once: each run stores the very key
 * that it wrote, so whatever key the vault ends up with works.
 */
export async function firstAdminKey(deps: FirstKeyDeps): Promise<void> {
  const { vault, apiKeys, random } = deps;
  const standing = await readKey(vault);
  if (standing !== undefined && (await apiKeys.byLookup(standing.lookup)) !== undefined) return;
  const made = makeKey(
    random.bytes(KEY_RANDOM_BYTES.lookup),
    random.bytes(KEY_RANDOM_BYTES.secret),
  );
  await vault.write(made.text);
  await createTold(deps, keyOf(deps, { name: 'first admin key', scopes: ['admin'] }, made));
}

/** Nobody's key made it: the audit log says that the deployment did. */
async function createTold(deps: FirstKeyDeps, key: ApiKey): Promise<void> {
  const resource = { kind: 'key', id: key.id, name: key.name };
  const actor = { kind: 'system', name: 'first-key' } as const;
  let isMade = false;
  await audited(deps, {
    asked: { tenant: NO_TENANT, actor, action: 'key.create', resource },
    async work() {
      isMade = (await deps.apiKeys.create(key)) === 'created';
      if (isMade) return;
      // The next try makes a key with another public part.
      throw new Error('The public part of the first key is taken.');
    },
    recorded: () =>
      isMade ? { tenant: NO_TENANT, resource, before: null, after: keyState(key) } : undefined,
  });
}

async function readKey(vault: AdminKeyVault): Promise<KeyParts | undefined> {
  const text = await vault.read();
  return text === undefined ? undefined : parseKey(text);
}
