import type { ApiKey } from '../domain/api-key.ts';
import { urlLinkTo } from '../domain/input/fallback-document.ts';
import {
  publicKeyShown,
  retryDocument,
  signingDocument,
} from '../domain/input/integration-document.ts';
import { verificationDocument } from '../domain/input/verification-input.ts';
import { instant, instantOrNull } from '../domain/instant.ts';
import type { Auth, HealthCheck, Integration, Limits } from '../domain/integration.ts';
import { shownPrefix } from '../domain/keys.ts';
import { headersShown } from '../domain/secret-headers.ts';
import { unexpired } from '../domain/secret-rotation.ts';
import type { Signing, SigningSecret } from '../domain/signing.ts';
import type { Source } from '../domain/source.ts';
import { urlShown } from '../domain/url-shown.ts';

/** Records as answers show them: the contract's names, and no secret but where it says so. */

/** What of an answer's secrets is shown: those that were made or given just now. */
export interface NewSecrets {
  /** The integration is new, and with it all its secrets. */
  readonly withSecret?: boolean;
  /** How it was before the change: secrets of links that it did not have are new. */
  readonly before?: Integration | undefined;
}

/** `signing.secret` is shown only right after it was made or given. */
export function integrationView(integration: Integration, shown: NewSecrets = {}) {
  const { id, name, serviceType, description, tenant, metadata, eventTypes } = integration;
  return {
    id,
    name,
    serviceType,
    endpoint: urlShown(integration.endpoint),
    description,
    tenant,
    metadata,
    eventTypes,
    filter: integration.filter ?? null,
    transform: integration.transform ?? null,
    request: { ...integration.request, headers: headersShown(integration.request.headers) },
    auth: authView(integration.auth),
    signing: signingView(integration.signing, shown.withSecret === true),
    retry: retryDocument(integration.retry),
    breaker: integration.breaker,
    limits: limitsView(integration.limits),
    fallback: fallbackView(integration, shown),
    ordering: integration.ordering,
    orderingTimeoutSeconds: integration.orderingTimeoutSeconds ?? null,
    healthCheck: healthCheckView(integration.healthCheck),
    status: integration.status,
    disabledReason: integration.disabledReason,
    createdAt: instant(integration.createdAtMs),
    updatedAt: instant(integration.updatedAtMs),
  };
}

/** `secret` is the one that was made for this source, shown this once. */
export function sourceView(source: Source, publicUrl: string, secret?: string) {
  const { id, name, tenant, description, eventTypePrefix, verification, response } = source;
  const publicKey = 'publicKey' in verification ? verification.publicKey : undefined;
  return {
    id,
    name,
    provider: verification.provider,
    tenant,
    description,
    eventTypePrefix,
    url: `${publicUrl}/in/${id}`,
    verification: verificationDocument(verification),
    allowCidrs: source.allowCidrs ?? null,
    response: response ?? null,
    ...(publicKey !== undefined && { publicKey }),
    ...(secret !== undefined && { secret }),
    createdAt: instant(source.createdAtMs),
    updatedAt: instant(source.updatedAtMs),
  };
}

/** Tells keys apart without being of any use to log in. */
export function keyView(key: ApiKey) {
  return {
    id: key.id,
    name: key.name,
    prefix: shownPrefix(key),
    scopes: key.scopes,
    tenant: key.tenant ?? null,
    allowCidrs: key.allowCidrs ?? null,
    denyCidrs: key.denyCidrs ?? null,
    rateLimit: key.rateLimit ?? null,
    canSign: key.signing !== undefined,
    rotatedFrom: key.rotatedFrom ?? null,
    createdAt: instant(key.createdAtMs),
    expiresAt: instantOrNull(key.expiresAtMs),
    lastUsedAt: instantOrNull(lastUsedAtMs(key)),
  };
}

/** It is kept in steps of ten minutes: of a key used at once, that step began before the key did. */
function lastUsedAtMs({ lastUsedAtMs: atMs, createdAtMs }: ApiKey): number | undefined {
  return atMs === undefined ? undefined : Math.max(atMs, createdAtMs);
}

/** The secrets themselves, for whoever may read them. */
export function secretsView(secrets: readonly SigningSecret[], nowMs: number) {
  const [current, ...previous] = unexpired(secrets, nowMs);
  return {
    current: current?.secret ?? null,
    previous: previous.map(({ secret, expiresAtMs }) => ({
      secret,
      expiresAt: instantOrNull(expiresAtMs),
    })),
  };
}

function authView(auth: Auth) {
  switch (auth.type) {
    case 'none':
    case 'bearer':
      return { type: auth.type };
    case 'basic':
      return { type: auth.type, username: auth.username };
    case 'apiKey':
      return { type: auth.type, header: auth.header };
    case 'oauth2ClientCredentials': {
      const { clientSecret: _, ...shown } = auth;
      return { ...shown, tokenUrl: urlShown(auth.tokenUrl) };
    }
  }
}

function healthCheckView(check: HealthCheck | undefined): HealthCheck | null {
  return check === undefined ? null : { ...check, url: urlShown(check.url) };
}

function limitsView(limits: Limits): Limits | null {
  return Object.keys(limits).length === 0 ? null : limits;
}

function fallbackView({ fallback }: Integration, { withSecret, before }: NewSecrets) {
  return fallback.map((link) => {
    if (link.type === 'integration') {
      const { integrationId: _, ...view } = link;
      return view;
    }
    if (link.type !== 'url') return link;
    const address = { url: urlShown(link.url), headers: headersShown(link.headers) };
    const shown = { ...link, ...address, auth: authView(link.auth) };
    const { signing, ...view } = shown;
    if (signing === undefined) return view;
    const known = before && secretOf(urlLinkTo(before.fallback, link.url)?.signing);
    const isNew = before === undefined ? withSecret === true : known !== secretOf(signing);
    return { ...view, signing: signingView(signing, isNew) };
  });
}

function secretOf(signing: Signing | undefined): string | undefined {
  return signing === undefined || signing.scheme === 'none'
    ? undefined
    : signing.secrets[0]?.secret;
}

function signingView(signing: Signing, withSecret: boolean) {
  if (signing.scheme === 'none') return signingDocument(signing);
  const secret = signing.secrets[0]?.secret;
  const publicKey = publicKeyShown(signing);
  return {
    ...signingDocument(signing),
    ...(publicKey !== undefined && { publicKey }),
    ...(withSecret && { secret }),
  };
}
