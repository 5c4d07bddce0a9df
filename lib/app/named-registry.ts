import { invalidField, notFound, RequestError, shown } from '../domain/errors.ts';
import { DEFAULT_TENANT, INTEGRATION_NAME } from '../domain/integration.ts';
import { type Caller, requireTenant, tenantSeen } from './tenancy.ts';

/** What integrations and sources have in common: found by id or name, changed by version. */
export interface Named {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly version: number;
}

export interface NamedStore<T extends Named> {
  create(item: T): Promise<'created' | 'name-taken' | 'limit-reached'>;
  byId(id: T['id'], tenant?: string): Promise<T | undefined>;
  byName(tenant: string, name: string): Promise<T | undefined>;
  save(next: T, previousName: string): Promise<'saved' | 'stale' | 'name-taken'>;
  remove(item: T): Promise<'removed' | 'stale'>;
  /** With the secret values that are stored sealed. */
  open(item: T): Promise<T>;
}

export interface Registry<T extends Named> {
  readonly kind: 'integration' | 'source';
  readonly store: NamedStore<T>;
  isId(text: string): text is T['id'];
}

/** The registry for whoever needs the secrets of what it finds. */
export function opening<T extends Named>(registry: Registry<T>): Registry<T> {
  const { store } = registry;
  const opened = async (found: T | undefined) => found && (await store.open(found));
  return {
    ...registry,
    store: {
      ...store,
      byId: async (id, tenant) => opened(await store.byId(id, tenant)),
      byName: async (tenant, name) => opened(await store.byName(tenant, name)),
    },
  };
}

/** How often a change that lost a race is made again upon what won. */
const RACES_MAX = 3;
/** A name that was claimed for something that never came is free after this long. */
const CLAIM_SECONDS = 30;

/** By id or name, of the caller's tenant; a foreign one is as absent as none. */
export async function lookUp<T extends Named>(
  { store, isId }: Registry<T>,
  caller: Caller,
  ref: string,
): Promise<T | undefined> {
  const tenant = tenantSeen(caller);
  if (isId(ref)) return await store.byId(ref, tenant);
  return INTEGRATION_NAME.test(ref) ? await store.byName(tenant ?? DEFAULT_TENANT, ref) : undefined;
}

/** The same, and 404 if there is none. */
export async function find<T extends Named>(
  registry: Registry<T>,
  caller: Caller,
  ref: string,
): Promise<T> {
  const found = await lookUp(registry, caller, ref);
  if (found === undefined) throw notFound(registry.kind, ref);
  return found;
}

/** Stores something new; what an earlier run stored under the same id is taken for it. */
export async function add<T extends Named>({ kind, store }: Registry<T>, item: T): Promise<T> {
  const result = await store.create(item);
  switch (result) {
    case 'created':
      return item;
    case 'limit-reached':
      throw limitReached(kind);
    case 'name-taken': {
      const own = await store.byId(item.id, item.tenant);
      if (own !== undefined) return own;
      throw await nameRefused(kind, store, item);
    }
  }
}

/** Changes what is stored; `edit` runs again on the newer state when a race is lost. */
export async function change<T extends Named>(
  { kind, store }: Registry<T>,
  read: () => Promise<T>,
  edit: (current: T) => T | Promise<T>,
): Promise<T> {
  for (let races = 0; races <= RACES_MAX; races++) {
    const current = await read();
    const next = await edit(current);
    if (next === current) return current;
    const result = await store.save(next, current.name);
    if (result === 'saved') return { ...next, version: next.version + 1 };
    if (result === 'name-taken') throw await nameRefused(kind, store, next);
  }
  throw lostRaces(kind);
}

/** Creates it under its name, or changes what has the name; says which. */
export async function addOrChange<T extends Named>(
  { kind, store }: Registry<T>,
  read: () => Promise<T | undefined>,
  make: (stored: T | undefined) => T | Promise<T>,
): Promise<{ readonly created: boolean; readonly item: T }> {
  let taken: T | undefined;
  for (let races = 0; races <= RACES_MAX; races++) {
    const stored = await read();
    const next = await make(stored);
    const result =
      stored === undefined ? await store.create(next) : await store.save(next, stored.name);
    switch (result) {
      case 'created':
        return { created: true, item: next };
      case 'saved':
        return { created: false, item: { ...next, version: next.version + 1 } };
      case 'limit-reached':
        throw limitReached(kind);
      case 'name-taken':
        if (stored !== undefined) throw await nameRefused(kind, store, next);
        taken = next; // By somebody who was quicker: the next round changes theirs.
        break;
      case 'stale':
    }
  }
  throw taken === undefined ? lostRaces(kind) : await nameRefused(kind, store, taken);
}

/** Removes it, whatever else happens to it meanwhile. */
export async function removeNow<T extends Named>(
  { kind, store }: Registry<T>,
  read: () => Promise<T>,
): Promise<void> {
  for (let races = 0; races <= RACES_MAX; races++) {
    if ((await store.remove(await read())) === 'removed') return;
  }
  throw lostRaces(kind);
}

/** Refuses to move something to another tenant: 403 for a bound key, 422 for any other. */
export function requireSameTenant(caller: Caller, stored: Named, named: string | undefined): void {
  requireTenant(caller.principal, named);
  if (named === undefined || named === stored.tenant) return;
  throw invalidField(
    'tenant',
    `${JSON.stringify(shown(named))} is not allowed: it cannot be changed from ${JSON.stringify(stored.tenant)}`,
  );
}

/** Why the name cannot be had: somebody has it, or is about to, or died while taking it. */
async function nameRefused<T extends Named>(
  kind: string,
  store: Pick<NamedStore<T>, 'byName'>,
  { tenant, name }: T,
): Promise<RequestError> {
  if ((await store.byName(tenant, name)) === undefined) {
    return new RequestError(
      'conflict',
      `name: ${JSON.stringify(name)} is being taken by another request; ` +
        `try again in ${CLAIM_SECONDS} seconds.`,
      { headers: { 'retry-after': String(CLAIM_SECONDS) } },
    );
  }
  return new RequestError(
    'name-taken',
    `name: ${JSON.stringify(name)} is the name of another ${kind} of the tenant ${JSON.stringify(tenant)}.`,
  );
}

function limitReached(kind: string): RequestError {
  return new RequestError('limit-reached', `This tenant has as many ${kind}s as it may have.`);
}

function lostRaces(kind: string): RequestError {
  return new RequestError(
    'conflict',
    `The ${kind} is being changed by others at the same time; try again.`,
  );
}
