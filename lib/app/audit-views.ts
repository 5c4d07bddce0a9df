import type { ApiKey } from '../domain/api-key.ts';
import { masked } from '../domain/audit-mask.ts';
import { auditUrl } from '../domain/audit-url.ts';
import type { Breaker } from '../domain/breaker.ts';
import type { Delivery } from '../domain/delivery.ts';
import type { Auth, Integration } from '../domain/integration.ts';
import type { Job } from '../domain/job.ts';
import { type Headers, HIDDEN_VALUE } from '../domain/secret-headers.ts';
import type { Source } from '../domain/source.ts';
import { integrationView, keyView, sourceView } from './views-registry.ts';

/** Records as the audit log keeps them: as answers show them, and nothing secret at all. */

/** Of headers the names alone: what may be a secret among their values, only their owner knows. */
export function integrationState(integration: Integration): unknown {
  const { serviceType, endpoint, version } = integration;
  const { request, fallback, ...view } = integrationView(integration);
  const links = fallback.map((link, i) => {
    const stored = integration.fallback[i];
    if (link.type !== 'url' || stored?.type !== 'url') return link;
    const { shown: url } = auditUrl(stored.url, serviceType);
    return { ...link, url, headers: namesOnly(stored.headers) };
  });
  return masked({
    ...view,
    ...{ request: { ...request, headers: namesOnly(integration.request.headers) }, version },
    ...{ fallback: links, endpoint: auditUrl(endpoint, serviceType).shown },
  });
}

function namesOnly(headers: Headers): Headers {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, HIDDEN_VALUE]));
}

export function sourceState(source: Source): unknown {
  const { url: _, ...view } = sourceView(source, '');
  return masked({ ...view, version: source.version });
}

export function keyState(key: ApiKey): unknown {
  const { lastUsedAt: _, ...view } = keyView(key);
  return masked(view);
}

export function breakerState({ state, version, sinceMs, openUntilMs, last }: Breaker): unknown {
  return masked({
    ...{ state, version, since: instant(sinceMs), openUntil: instant(openUntilMs ?? 0) },
    ...{ reason: last?.reason ?? null, actor: last?.actor ?? null },
  });
}

export function deliveryState({ state, attempts, version }: Delivery): unknown {
  return { status: state.status, attempts: attempts.length, version };
}

export function jobState({ kind, integrationId, request, state, progress, version }: Job): unknown {
  const { sinceMs, untilMs, statuses, dryRun } = request;
  const asked = { since: instant(sinceMs), until: instant(untilMs), status: statuses, dryRun };
  return { kind, integration: integrationId, ...asked, state: state.status, progress, version };
}

/** Which secrets a change has put in the place of others, by where they are. */
export function secretsChanged<T extends Integration | Source>(
  secretsOf: (item: T) => Readonly<Record<string, unknown>>,
  before: T | undefined,
  after: T,
): readonly string[] {
  const [were, are] = [before === undefined ? {} : secretsOf(before), secretsOf(after)];
  const names = new Set([...Object.keys(were), ...Object.keys(are)]);
  return [...names].filter((name) => JSON.stringify(were[name]) !== JSON.stringify(are[name]));
}

/** By where they are; of a URL what is not shown of it. */
export function secretsOfIntegration(integration: Integration): Readonly<Record<string, unknown>> {
  const { serviceType, endpoint, request, signing, healthCheck } = integration;
  const hiddenOf = (url: string) => auditUrl(url, serviceType).hidden;
  const links = integration.fallback.flatMap((link, i) => {
    if (link.type !== 'url') return [];
    const name = `fallback.${i + 1}`;
    return [
      [`${name}.url`, hiddenOf(link.url)],
      ...headersAt(`${name}.headers`, link.headers),
      ...authAt(`${name}.auth`, link.auth),
      [`${name}.signing`, link.signing],
    ] as const;
  });
  const secrets = [
    ['endpoint', hiddenOf(endpoint)],
    ['healthCheck.url', healthCheck && hiddenOf(healthCheck.url)],
    ...headersAt('request.headers', request.headers),
    ...authAt('auth', integration.auth),
    ['signing', signing.scheme === 'none' ? undefined : signing.secrets],
    ...links,
  ] as const;
  return Object.fromEntries(secrets.filter(([, secret]) => secret !== undefined));
}

type SecretAt = readonly [path: string, secret: unknown];

function headersAt(path: string, headers: Headers): readonly SecretAt[] {
  return Object.entries(headers).map(([name, value]) => [`${path}.${name}`, value] as const);
}

function authAt(path: string, auth: Auth): readonly SecretAt[] {
  if (auth.type === 'none') return [];
  if (auth.type !== 'oauth2ClientCredentials') return [[path, auth]];
  const { tokenUrl, ...rest } = auth;
  return [
    [path, rest],
    [`${path}.tokenUrl`, auditUrl(tokenUrl, 'webhook').hidden],
  ];
}

export function secretsOfSource({ verification }: Source) {
  return 'secrets' in verification ? { verification: verification.secrets } : {};
}

function instant(atMs: number): string | null {
  return atMs === 0 ? null : new Date(atMs).toISOString();
}
