import { KEY_RANDOM_BYTES, type KeyParts, makeKey, parseKey } from '../domain/keys.ts';
import { type KeyDeps, keyOf } from './api-keys.ts';
import type { AdminKeyVault } from './ports.ts';

export interface FirstKeyDeps extends KeyDeps {
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
  const input = { name: 'first admin key', scopes: ['admin'] as const };
  if ((await apiKeys.create(keyOf(deps, input, made))) === 'created') return;
  // The next try makes a key with another public part.
  throw new Error('The public part of the first key is taken.');
}

async function readKey(vault: AdminKeyVault): Promise<KeyParts | undefined> {
  const text = await vault.read();
  return text === undefined ? undefined : parseKey(text);
}
