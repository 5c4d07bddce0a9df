import type { EgressPolicy } from '../domain/egress.ts';
import { invalidField } from '../domain/errors.ts';
import type { FallbackChain } from '../domain/fallback.ts';
import { ID_RANDOM_BYTES, type IntegrationId, isIntegrationId, ulid } from '../domain/ids.ts';
import { jsonBody } from '../domain/input/body.ts';
import { patchedIntegration, replacedIntegration } from '../domain/input/integration-document.ts';
import { type IntegrationInput, parseIntegrationInput } from '../domain/input/integration-input.ts';
import type { Integration } from '../domain/integration.ts';
import { omit } from '../domain/omit.ts';
import type { MoveDeps } from './breaker-moves.ts';
import { storedChain } from './fallback-checks.ts';
import { integrationRegistry, signingFor } from './integration-secrets.ts';
import { drainAtOnce, type SweepStartDeps, startSweep } from './integration-status.ts';
import {
  add,
  addOrChange,
  change,
  find,
  lookUp,
  removeNow,
  requireSameTenant,
} from './named-registry.ts';
import { renewBreakers } from './renew-breakers.ts';
import { cancelAtOnce } from './sweep.ts';
import { type Caller, replacing, tenantOfNew } from './tenancy.ts';
import { integrationView } from './views-registry.ts';
import { type WatchHealthDeps, watchedRegistry } from './watch-health.ts';

export interface IntegrationDeps extends SweepStartDeps, WatchHealthDeps {
  readonly clock: SweepStartDeps['clock'];
  readonly egress: EgressPolicy;
}

/** What a change of an integration needs beside: its breakers may begin anew. */
export type ChangeDeps = IntegrationDeps & MoveDeps;

export type IntegrationView = ReturnType<typeof integrationView>;

/**
 * Registers an integration; the answer is the only one that shows its signing secret. `seed`
 * (a ULID) makes the id, so that a request run again after a crash finds what it made.
 */
export async function createIntegration(
  deps: IntegrationDeps,
  caller: Caller,
  body: unknown,
  seed?: string,
): Promise<IntegrationView> {
  const input = parseIntegrationInput(body, deps.egress);
  const made = await newIntegration(deps, tenantOfNew(caller, input.tenant), input, seed);
  const stored = await add(watchedRegistry(deps), made);
  return integrationView(stored, { withSecret: true });
}

/** By id, or by name within the caller's tenant. */
export async function getIntegration(
  deps: IntegrationDeps,
  caller: Caller,
  ref: string,
): Promise<IntegrationView> {
  return integrationView(await find(integrationRegistry(deps), caller, ref));
}

/** Creates an integration under the name in the path, or replaces the one that has it. */
export async function putIntegration(
  deps: ChangeDeps,
  caller: Caller,
  ref: string,
  body: unknown,
): Promise<{ readonly created: boolean; readonly integration: IntegrationView }> {
  const object = jsonBody(body);
  const registry = watchedRegistry(deps);
  const byId = isIntegrationId(ref);
  const seen = replacing(caller, object.tenant, byId);
  const read = () => (byId ? find(registry, seen, ref) : lookUp(registry, seen, ref));
  let before: Integration | undefined;
  const make = async (stored: Integration | undefined) => {
    before = stored;
    const given = { name: stored?.name ?? ref, ...object };
    const whole = stored === undefined ? given : replacedIntegration(stored, given);
    const input = parseIntegrationInput(whole, deps.egress);
    if (!byId && input.name !== ref) {
      throw invalidField('name', `${JSON.stringify(input.name)} is not the name in the path`);
    }
    if (stored === undefined) return newIntegration(deps, tenantOfNew(seen, input.tenant), input);
    requireSameTenant(caller, stored, input.tenant);
    return await releasing(deps, stored, await withSettings(deps, stored, input));
  };
  const { created, item } = await addOrChange(registry, read, make);
  await released(deps, before, item);
  await renewBreakers(deps, before, item, caller.principal.keyId);
  return { created, integration: integrationView(item, { withSecret: created, before }) };
}

/** Applies a JSON Merge Patch (RFC 7396); what it leaves out stays, secret values included. */
export async function patchIntegration(
  deps: ChangeDeps,
  caller: Caller,
  ref: string,
  body: unknown,
): Promise<IntegrationView> {
  const patch = jsonBody(body);
  const registry = watchedRegistry(deps);
  const read = () => find(registry, caller, ref);
  let before: Integration | undefined;
  const edit = async (stored: Integration) => {
    before = stored;
    const input = parseIntegrationInput(patchedIntegration(stored, patch), deps.egress);
    requireSameTenant(caller, stored, input.tenant);
    // A patch of something else is not refused for what has become of a link meanwhile.
    const keepsChain = !Object.hasOwn(patch, 'fallback');
    const chain = keepsChain ? stored.fallback : undefined;
    return await releasing(deps, stored, await withSettings(deps, stored, input, chain));
  };
  const patched = await change(registry, read, edit);
  await released(deps, before, patched);
  await renewBreakers(deps, before, patched, caller.principal.keyId);
  return integrationView(patched, { before });
}

/**
 * What is about to be stored. If it switches the breaker off, what that held is let go, for nobody
 * else would: begun before the change, so that the tick goes on with it after a crash, and after
 * everything that the change may be refused for by what it says.
 */
async function releasing(deps: IntegrationDeps, stored: Integration, next: Integration) {
  if (isSwitchedOff(stored, next)) await startSweep(deps, 'release', stored);
  return next;
}

async function released(deps: IntegrationDeps, before: Integration | undefined, now: Integration) {
  if (before !== undefined && isSwitchedOff(before, now)) await drainAtOnce(deps, before);
}

function isSwitchedOff(before: Integration, now: Integration): boolean {
  return before.breaker.enabled && !now.breaker.enabled;
}

/** Removes it; what it still had to get is cancelled, its history stays. */
export async function deleteIntegration(
  deps: IntegrationDeps,
  caller: Caller,
  ref: string,
): Promise<void> {
  const registry = integrationRegistry(deps);
  const read = () => find(registry, caller, ref);
  // Before the removal: after it, nobody could find out any more what is left to cancel.
  const sweep = await startSweep(deps, 'cancel', await read());
  await removeNow(registry, read);
  await cancelAtOnce(deps, sweep);
}

async function newIntegration(
  deps: IntegrationDeps,
  tenant: string,
  input: IntegrationInput,
  seed?: string,
): Promise<Integration> {
  const nowMs = deps.clock.nowMs();
  const id: IntegrationId = `int_${seed ?? ulid(nowMs, deps.random.bytes(ID_RANDOM_BYTES))}`;
  return {
    ...input,
    id,
    tenant,
    signing: signingFor(input.signing, undefined, deps.random),
    fallback: await storedChain(deps, { tenant, name: input.name }, input.fallback),
    status: 'active',
    disabledReason: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    version: 1,
  };
}

/** `chain` is kept as it is; without it, that of the settings is checked against the registry. */
async function withSettings(
  deps: IntegrationDeps,
  stored: Integration,
  input: IntegrationInput,
  chain?: FallbackChain,
): Promise<Integration> {
  const { tenant } = stored;
  const owner = { tenant, name: input.name, stored };
  return {
    // What is left out of the settings is no more.
    ...omit(stored, 'healthCheck', 'transform', 'filter', 'orderingTimeoutSeconds'),
    ...input,
    tenant,
    fallback: chain ?? (await storedChain(deps, owner, input.fallback)),
    signing: signingFor(input.signing, stored.signing, deps.random),
    updatedAtMs: deps.clock.nowMs(),
  };
}
