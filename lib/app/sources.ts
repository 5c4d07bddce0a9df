import { invalidField } from '../domain/errors.ts';
import { ID_RANDOM_BYTES, isSourceId, type SourceId, ulid } from '../domain/ids.ts';
import { jsonBody } from '../domain/input/body.ts';
import { parseSourceInput, patchedSource, type SourceInput } from '../domain/input/source-input.ts';
import type { Source } from '../domain/source.ts';
import {
  add,
  addOrChange,
  change,
  find,
  lookUp,
  opening,
  removeNow,
  requireSameTenant,
} from './named-registry.ts';
import type { Page, Sources } from './ports.ts';
import { type SourceSecretDeps, sourceRegistry, verificationFor } from './source-secrets.ts';
import { type Caller, replacing, tenantOfNew, tenantSeen } from './tenancy.ts';
import { sourceView } from './views-registry.ts';

export interface SourceDeps extends SourceSecretDeps {
  readonly sources: Sources;
  /** Under which `/in/…` is reached, without a slash at the end. */
  readonly publicUrl: string;
}

export type SourceView = ReturnType<typeof sourceView>;

/** A source with the secret that was made for it, if one was. */
interface Made {
  readonly source: Source;
  readonly made?: string;
}

/**
 * Registers a source; only this answer shows a secret that was made for it. `seed` (a ULID)
 * makes the id, so that a request run again after a crash finds what it made.
 */
export async function createSource(
  deps: SourceDeps,
  caller: Caller,
  body: unknown,
  seed?: string,
): Promise<SourceView> {
  const input = parseSourceInput(body);
  const { source, made } = newSource(deps, tenantOfNew(caller, input.tenant), input, seed);
  const stored = await add(opening(sourceRegistry(deps)), source);
  // What an earlier run stored has that run's secret.
  const secret = made === undefined ? undefined : currentSecret(stored);
  return sourceView(stored, deps.publicUrl, secret);
}

/** By id, or by name within the caller's tenant. */
export async function getSource(
  deps: SourceDeps,
  caller: Caller,
  ref: string,
): Promise<SourceView> {
  return sourceView(await find(sourceRegistry(deps), caller, ref), deps.publicUrl);
}

/** Newest first. */
export async function listSources(
  deps: SourceDeps,
  caller: Caller,
  query: { readonly after?: string | undefined; readonly limit: number },
): Promise<Page<SourceView>> {
  const tenant = tenantSeen(caller);
  const { items, next } = await deps.sources.list({
    limit: query.limit,
    ...(tenant !== undefined && { tenant }),
    ...(query.after !== undefined && { after: query.after }),
  });
  return { items: items.map((source) => sourceView(source, deps.publicUrl)), next };
}

/** Creates a source under the name in the path, or replaces the one that has it. */
export async function putSource(
  deps: SourceDeps,
  caller: Caller,
  ref: string,
  body: unknown,
): Promise<{ readonly created: boolean; readonly source: SourceView }> {
  const object = jsonBody(body);
  const registry = opening(sourceRegistry(deps));
  const seen = replacing(caller, object.tenant, isSourceId(ref));
  let made: string | undefined;
  const { created, item } = await addOrChange(
    registry,
    () => (isSourceId(ref) ? find(registry, seen, ref) : lookUp(registry, seen, ref)),
    (stored) => {
      const input = parseSourceInput({ name: stored?.name ?? ref, ...object }, stored);
      if (!isSourceId(ref) && input.name !== ref) {
        throw invalidField('name', `${JSON.stringify(input.name)} is not the name in the path`);
      }
      if (stored !== undefined) requireSameTenant(caller, stored, input.tenant);
      const result =
        stored === undefined
          ? newSource(deps, tenantOfNew(seen, input.tenant), input)
          : withSettings(deps, stored, input);
      made = result.made;
      return result.source;
    },
  );
  return { created, source: sourceView(item, deps.publicUrl, made) };
}

/** Applies a JSON Merge Patch (RFC 7396); secrets that it does not give stay as they are. */
export async function patchSource(
  deps: SourceDeps,
  caller: Caller,
  ref: string,
  body: unknown,
): Promise<SourceView> {
  const patch = jsonBody(body);
  const registry = opening(sourceRegistry(deps));
  let made: string | undefined;
  const changed = await change(
    registry,
    () => find(registry, caller, ref),
    (stored) => {
      const input = parseSourceInput(patchedSource(stored, patch), stored);
      requireSameTenant(caller, stored, input.tenant);
      const result = withSettings(deps, stored, input);
      made = result.made;
      return result.source;
    },
  );
  return sourceView(changed, deps.publicUrl, made);
}

/** Removes it: what is sent to its URL from now on is answered 404. */
export async function deleteSource(deps: SourceDeps, caller: Caller, ref: string): Promise<void> {
  const registry = sourceRegistry(deps);
  await removeNow(registry, () => find(registry, caller, ref));
}

function newSource(deps: SourceDeps, tenant: string, input: SourceInput, seed?: string): Made {
  const nowMs = deps.clock.nowMs();
  const id: SourceId = `src_${seed ?? ulid(nowMs, deps.random.bytes(ID_RANDOM_BYTES))}`;
  const { verification, ...made } = verificationFor(input, undefined, deps.random);
  const times = { createdAtMs: nowMs, updatedAtMs: nowMs, version: 1 };
  return { source: { id, tenant, ...settingsOf(input), verification, ...times }, ...made };
}

function withSettings(deps: SourceDeps, stored: Source, input: SourceInput): Made {
  const { id, tenant, createdAtMs, version } = stored;
  const { verification, ...made } = verificationFor(input, stored.verification, deps.random);
  const times = { createdAtMs, updatedAtMs: deps.clock.nowMs(), version };
  return { source: { id, tenant, ...settingsOf(input), verification, ...times }, ...made };
}

function settingsOf(input: SourceInput) {
  const { name, description, eventTypePrefix, allowCidrs, response } = input;
  return {
    ...{ name, description, eventTypePrefix },
    ...(allowCidrs !== undefined && { allowCidrs }),
    ...(response !== undefined && { response }),
  };
}

function currentSecret({ verification }: Source): string | undefined {
  return 'secrets' in verification ? verification.secrets[0]?.secret : undefined;
}
