import { EVENT_TYPE_CHARS_MAX } from './event.ts';
import { inboundData, textField } from './inbound-data.ts';
import type { InboundRequest, Provider, Source, Verified } from './source.ts';
import { headerOf, isDeliveryId } from './verifiers/checks.ts';

/** A verified webhook, read: what is published for it. */
export interface InboundEvent {
  readonly type: string;
  readonly data: unknown;
  /** By which a repetition is known for 24 h; absent where the provider gives none. */
  readonly deliveryId?: string;
  /** By which a repetition is known besides, or instead. */
  readonly once?: string;
}

/** What `GET /v1/providers` shows of one verifier. */
export interface ProviderInfo {
  readonly id: Provider;
  readonly title: string;
  /** The headers that are read; those in braces are named by the source's own settings. */
  readonly headers: readonly string[];
  /** What a source must be given, all of it; `a|b` stands for either or both. */
  readonly needs: readonly ('secret' | 'secret|publicKey' | 'template' | 'header')[];
  /** Default for how far a timestamp may be from now, each way; null: none is signed. */
  readonly toleranceSeconds: number | null;
  /** What tells a repetition; null: nothing does, so every request is an event. */
  readonly deduplicatesBy: string | null;
}

/** The type of a webhook that says none. */
const UNTYPED = 'received';
export const TOLERANCE_SECONDS_DEFAULT = 300;

const PROVIDER_INFO = {
  'standard-webhooks': {
    title: 'Standard Webhooks',
    headers: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
    needs: ['secret|publicKey'],
    toleranceSeconds: TOLERANCE_SECONDS_DEFAULT,
    deduplicatesBy: 'webhook-id',
  },
  svix: {
    title: 'Svix (Clerk, Resend and others)',
    headers: ['svix-id', 'svix-timestamp', 'svix-signature'],
    needs: ['secret|publicKey'],
    toleranceSeconds: TOLERANCE_SECONDS_DEFAULT,
    deduplicatesBy: 'svix-id',
  },
  stripe: {
    title: 'Stripe',
    headers: ['stripe-signature'],
    needs: ['secret'],
    toleranceSeconds: TOLERANCE_SECONDS_DEFAULT,
    deduplicatesBy: 'id in the body',
  },
  github: {
    title: 'GitHub',
    headers: ['x-hub-signature-256', 'x-github-delivery', 'x-github-event'],
    needs: ['secret'],
    toleranceSeconds: null,
    deduplicatesBy: 'x-github-delivery',
  },
  hmac: {
    title: 'Generic HMAC',
    headers: ['{header}', '{timestampHeader}', '{idHeader}'],
    needs: ['secret', 'template'],
    toleranceSeconds: TOLERANCE_SECONDS_DEFAULT,
    deduplicatesBy: '{idHeader}, or the signature where a time is signed and no id',
  },
  token: {
    title: 'Secret token in a header',
    headers: ['{header}'],
    needs: ['secret', 'header'],
    toleranceSeconds: null,
    deduplicatesBy: null,
  },
  none: {
    title: 'No verification',
    headers: [],
    needs: [],
    toleranceSeconds: null,
    deduplicatesBy: null,
  },
} as const satisfies Record<Provider, Omit<ProviderInfo, 'id'>>;

/** Every verifier, as `GET /v1/providers` lists them. */
export const PROVIDERS: readonly ProviderInfo[] = Object.entries(PROVIDER_INFO).map(
  ([id, info]) => ({ id: id as Provider, ...info }),
);

/**
 * Reads a verified webhook. Its type is the source's prefix and the provider's own type, made to
 * fit the grammar of event types; its data is the whole body. GitHub's `ping` is an event like any
 * other: it wants no more than a 2xx, and whoever sets up a hook sees in the history that it works.
 */
export function inboundEvent(
  source: Pick<Source, 'verification' | 'eventTypePrefix'>,
  request: InboundRequest,
  verified: Verified,
): InboundEvent {
  const { provider } = source.verification;
  // GitHub sends forms to hooks set up so: the JSON is in a field, signed as part of the form.
  const data = inboundData(request, provider === 'github' ? 'payload' : undefined);
  const said = provider === 'github' ? githubEvent(request) : textField(data, 'type');
  // Stripe's id is in the body, which is signed: it is enough where it is there.
  const deliveryId = provider === 'stripe' ? stripeId(data) : verified.deliveryId;
  const once = provider === 'stripe' && deliveryId !== undefined ? undefined : verified.once;
  const type = eventType(source.eventTypePrefix, said ?? UNTYPED);
  return {
    ...{ type, data },
    ...(deliveryId !== undefined && { deliveryId }),
    ...(once !== undefined && { once }),
  };
}

function githubEvent(request: InboundRequest): string | undefined {
  return headerOf(request, 'x-github-event');
}

function stripeId(data: unknown): string | undefined {
  const id = textField(data, 'id');
  return id !== undefined && isDeliveryId(id) ? id : undefined;
}

function eventType(prefix: string, said: string): string {
  const segments = said
    .slice(0, EVENT_TYPE_CHARS_MAX)
    .replace(/[^A-Za-z0-9_.-]/gu, '_')
    .split('.')
    .filter((segment) => segment !== '');
  const clean = segments.length === 0 ? UNTYPED : segments.join('.');
  const whole = prefix === '' ? clean : `${prefix}.${clean}`;
  return whole.slice(0, EVENT_TYPE_CHARS_MAX).replace(/\.$/, '');
}
