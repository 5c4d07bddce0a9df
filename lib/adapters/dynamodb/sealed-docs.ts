import type { JsonObject } from '../../domain/merge-patch.ts';
import { restored, type Sealed, type Visited } from '../../domain/sealed.ts';
import type { Opener, Owner, Vault } from '../kms/vault.ts';

/** Who seals and opens: one that cannot seal stores what it reads as it was. */
export type SealedBy = Opener & Partial<Vault>;

interface Sealable {
  readonly id: string;
  readonly tenant: string;
  readonly sealed?: Sealed;
}

export interface SealedDocs<T> {
  /** The resource as it may be stored. */
  sealed(resource: T): Promise<T>;
  open(resource: T): Promise<T>;
}

/** A kind of resource whose secret values are sealed where they are stored. */
export function sealedDocs<T extends Sealable>(
  kind: Owner['kind'],
  visited: Visited<T>,
  vault: SealedBy | undefined,
): SealedDocs<T> {
  const ownerOf = ({ tenant, id }: T): Owner => ({ tenant, kind, id });
  return {
    async sealed(resource) {
      if (resource.sealed !== undefined || vault?.withSealed === undefined) return resource;
      return await vault.withSealed(ownerOf(resource), resource, visited);
    },
    async open(resource) {
      const { sealed, ...rest } = resource;
      if (sealed === undefined) return resource;
      if (vault === undefined) throw new Error('This function may not open what is sealed.');
      return restored(rest as T, visited, await vault.open(ownerOf(resource), sealed));
    },
  };
}

/** What a sealed document keeps apart. */
interface Apart extends Sealed {
  readonly apart?: JsonObject;
}

/**
 * The document as it lies in the row. Code from before there was sealing would send an empty
 * credential, and take an empty secret for a key that anybody has: it gets null in place of what
 * holds them, and breaks off.
 */
export function asStored(doc: JsonObject): JsonObject {
  const { sealed } = doc;
  if (sealed === undefined) return doc;
  const links = Array.isArray(doc.fallback) ? (doc.fallback as readonly JsonObject[]) : [];
  const nulls = (names: readonly string[]) =>
    Object.fromEntries(names.filter((name) => doc[name] !== undefined).map((n) => [n, null]));
  return {
    ...doc,
    ...nulls(['auth', 'verification']),
    ...(doc.fallback !== undefined && {
      fallback: links.map((link) => (link.auth === undefined ? link : { ...link, auth: null })),
    }),
    sealed: {
      ...(sealed as Sealed),
      apart: {
        auth: doc.auth,
        verification: doc.verification,
        links: links.map(({ auth }) => auth ?? null),
      },
    },
  };
}

/** The document that was made into a row. */
export function fromStored(row: JsonObject): JsonObject {
  if (row.sealed === undefined) return row;
  const { apart = {}, ...sealed } = row.sealed as Apart;
  const { auth, verification, links } = apart;
  const authOf = (i: number) => (Array.isArray(links) ? links[i] : undefined) ?? undefined;
  return {
    ...row,
    ...(auth !== undefined && { auth }),
    ...(verification !== undefined && { verification }),
    ...(Array.isArray(row.fallback) && {
      fallback: row.fallback.map((link: JsonObject, i) =>
        authOf(i) === undefined ? link : { ...link, auth: authOf(i) },
      ),
    }),
    sealed,
  };
}
