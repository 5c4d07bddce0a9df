import type { ApiKey } from '../domain/api-key.ts';
import { masked } from '../domain/audit-mask.ts';
import type { Breaker } from '../domain/breaker.ts';
import type { Delivery } from '../domain/delivery.ts';
import type { Integration } from '../domain/integration.ts';
import type { Job } from '../domain/job.ts';
import { shownUrl } from '../domain/outbound-call.ts';
import { type Headers, secretHeaders } from '../domain/secret-headers.ts';
import type { Source } from '../domain/source.ts';
import { integrationView, keyView, sourceView } from './views-registry.ts';

/** Records as the audit log keeps them: as answers show them, and nothing secret at all. */

export function integrationState(integration: Integration): unknown {
  const { endpoint: _, ...view } = integrationView(integration);
  return masked({ ...view, endpoint: shownUrl(integration), version: integration.version });
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

export function secretsOfIntegration({ request, auth, signing, fallback }: Integration) {
  const links = fallback.flatMap((link, i): readonly (readonly [string, unknown])[] => {
    if (link.type !== 'url') return [];
    const name = `fallback.${i + 1}`;
    return [
      ...headersAt(`${name}.headers`, link.headers),
      ...(link.auth.type === 'none' ? [] : [[`${name}.auth`, link.auth] as const]),
      ...(link.signing === undefined ? [] : [[`${name}.signing`, link.signing] as const]),
    ];
  });
  return {
    ...Object.fromEntries(headersAt('request.headers', request.headers)),
    ...(auth.type !== 'none' && { auth }),
    ...(signing.scheme !== 'none' && { signing: signing.secrets }),
    ...Object.fromEntries(links),
  };
}

function headersAt(path: string, headers: Headers) {
  return secretHeaders(headers).map(([name, value]) => [`${path}.${name}`, value] as const);
}

export function secretsOfSource({ verification }: Source) {
  return 'secrets' in verification ? { verification: verification.secrets } : {};
}

function instant(atMs: number): string | null {
  return atMs === 0 ? null : new Date(atMs).toISOString();
}
