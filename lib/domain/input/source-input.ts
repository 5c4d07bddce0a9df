import * as z from 'zod/mini';
import type { FieldError } from '../errors.ts';
import { EVENT_TYPE } from '../event.ts';
import { isJsonObject, type JsonObject, mergePatch } from '../merge-patch.ts';
import { isReservedType, RESERVED_RULE } from '../routing.ts';
import { SECRETS_LIVE_MAX } from '../secrets.ts';
import type { Source } from '../source.ts';
import { parseBody } from './body.ts';
import { canonicalCidrs, cidrProblems, cidrs } from './cidr-list.ts';
import {
  choice,
  description,
  fields,
  listOf,
  nameText,
  opaque,
  refusal,
  secretText,
  tenantText,
  text,
  whole,
} from './field.ts';
import { bodilessProblem } from './static-answer-input.ts';
import {
  PROVIDER_IDS,
  type VerificationInput,
  verificationDocument,
  verificationOf,
  verificationProblems,
} from './verification-input.ts';

/** Everything a caller may set of a source, checked, with defaults filled in. */
export interface SourceInput {
  readonly name: string;
  /** Absent: the caller's own, or the default one. */
  readonly tenant?: string;
  readonly description: string;
  readonly verification: VerificationInput;
  /** Newest first; undefined: keep those there are, or make one. */
  readonly secrets?: readonly string[];
  readonly eventTypePrefix: string;
  /** Canonical, each once. */
  readonly allowCidrs?: readonly string[];
  readonly response?: { readonly statusCode: number; readonly body: string };
}

const OTHER_PROVIDERS = [
  'gitlab',
  'slack',
  'shopify',
  'twilio',
  'sendgrid',
  'linear',
  'zoom',
  'discord',
  'paypal',
  'paddle',
  'basic',
];
const READ_ONLY = ['id', 'url', 'createdAt', 'updatedAt'];
const PREFIX_CHARS_MAX = 64;
const ANSWER_CHARS_MAX = 1_000;

export const sourceSchema = fields({
  name: nameText(),
  tenant: z.optional(tenantText()),
  provider: choice(PROVIDER_IDS, OTHER_PROVIDERS),
  secret: z.optional(opaque('a text')),
  secrets: z.optional(listOf(opaque('a text'), 1, SECRETS_LIVE_MAX)),
  publicKey: z.optional(secretText(/^/, 100, 'a public key, whpk_…')),
  description: z._default(description(), ''),
  eventTypePrefix: z.optional(
    text(
      EVENT_TYPE,
      PREFIX_CHARS_MAX,
      `dot-separated segments of A–Z a–z 0–9 _ -, up to ${PREFIX_CHARS_MAX} characters`,
    ),
  ),
  verification: z.optional(z.unknown()),
  allowCidrs: z.optional(cidrs()),
  response: z.optional(
    fields({
      statusCode: z._default(whole(200, 299), 202),
      body: z._default(
        text(/^/, ANSWER_CHARS_MAX, `a text of at most ${ANSWER_CHARS_MAX} characters`),
        '',
      ),
    }),
  ),
});

/**
 * Reads a source; every problem of it comes in one error. Secrets that `stored` has for the same
 * provider need not be given again.
 */
export function parseSourceInput(body: unknown, stored?: Source): SourceInput {
  const parsed = parseBody(sourceSchema, body, {
    readOnly: READ_ONLY,
    also: (object) => [
      ...verificationProblems(object, stored?.verification),
      ...prefixProblems(object),
      ...cidrProblems('allowCidrs', object.allowCidrs),
      ...responseProblems(object.response),
    ],
  });
  const { name, tenant, provider, secret, publicKey, response } = parsed;
  const secrets = secret === undefined ? parsed.secrets : [secret];
  const allowCidrs = canonicalCidrs(parsed.allowCidrs);
  return {
    name,
    description: parsed.description,
    verification: verificationOf(provider, parsed.verification, publicKey),
    eventTypePrefix: parsed.eventTypePrefix ?? defaultPrefix(provider, name),
    ...(tenant !== undefined && { tenant }),
    ...(secrets !== undefined && { secrets }),
    ...(allowCidrs !== undefined && { allowCidrs }),
    ...(response !== undefined && { response }),
  };
}

/** Nobody's events may look like Breakwater's own, which say how deliveries fare. */
function prefixProblems({ eventTypePrefix, provider, name }: JsonObject): readonly FieldError[] {
  const known = PROVIDER_IDS.find((id) => id === provider);
  const byDefault = known && typeof name === 'string' ? defaultPrefix(known, name) : undefined;
  const prefix = eventTypePrefix ?? byDefault;
  if (typeof prefix !== 'string' || !isReservedType(`${prefix}.`)) return [];
  return [{ path: 'eventTypePrefix', message: refusal(prefix, RESERVED_RULE) }];
}

/** What would be dropped in silence is refused. */
function responseProblems(response: unknown): readonly FieldError[] {
  if (!isJsonObject(response)) return [];
  const message = bodilessProblem(response.statusCode, response.body);
  return message === undefined ? [] : [{ path: 'response.body', message }];
}

/** A provider that is a product gives its name to its events; a mere method does not. */
function defaultPrefix(provider: Source['verification']['provider'], name: string): string {
  switch (provider) {
    case 'hmac':
    case 'token':
    case 'none':
      return name;
    case 'standard-webhooks':
    case 'svix':
    case 'github':
    case 'stripe':
      return provider;
  }
}

/**
 * The body that a merge patch of a source amounts to, its secrets left out. Besides RFC 7396:
 * another `provider` begins anew with what the patch says of `verification` and `publicKey`.
 */
export function patchedSource(source: Source, patch: JsonObject): unknown {
  const { name, description: about, verification, eventTypePrefix, allowCidrs, response } = source;
  const publicKey = 'publicKey' in verification ? verification.publicKey : undefined;
  const anew = patch.provider !== undefined && patch.provider !== verification.provider;
  const document = {
    name,
    description: about,
    provider: verification.provider,
    eventTypePrefix,
    ...(!anew && { verification: verificationDocument(verification) }),
    ...(!anew && publicKey !== undefined && { publicKey }),
    ...(allowCidrs !== undefined && { allowCidrs }),
    ...(response !== undefined && { response }),
  };
  return mergePatch(document, patch);
}
