import * as z from 'zod/mini';
import {
  type CacheLink,
  FALLBACK_LINKS_MAX,
  FALLBACK_TRIGGERS,
  type FallbackLink,
  type FallbackTrigger,
  type HoldLink,
  type IntegrationLink,
  type QueueLink,
  type StaticLink,
  type UrlLink,
} from '../fallback.ts';
import { choice, fields, listOf, refusal, refusing, text, whole } from './field.ts';
import { authSchema, headersSchema } from './request-input.ts';
import { type SigningInput, signingOf, signingSchema, unionRefusal } from './signing-input.ts';
import { staticShape } from './static-answer-input.ts';

/** A fallback chain as a request gives it: names are not looked up, secrets not made yet. */
export type FallbackInput = readonly FallbackLinkInput[];
export type FallbackLinkInput =
  | UrlLinkInput
  | IntegrationLinkInput
  | QueueLink
  | HoldLink
  | CacheLink
  | StaticLink;
export type UrlLinkInput = Omit<UrlLink, 'signing'> & { readonly signing?: SigningInput };
export type IntegrationLinkInput = Omit<IntegrationLink, 'integrationId'>;

const CACHE_SECONDS_MAX = 604_800;
const NAME_OR_ID = /^([a-z0-9][a-z0-9-]{0,62}|int_[0-9a-hjkmnp-tv-z]{26})$/;
const NAME_OR_ID_CHARS_MAX = 63;

/** When a link is for, where it does not say so itself. */
export const DEFAULT_TRIGGERS = {
  url: ['breaker-open', 'exhausted'],
  integration: ['exhausted'],
  queue: ['exhausted'],
  hold: ['breaker-open'],
  cache: ['breaker-open', 'exhausted'],
  static: ['breaker-open', 'exhausted'],
} as const satisfies Record<FallbackLink['type'], readonly FallbackTrigger[]>;

const LINK_TYPES = Object.keys(DEFAULT_TRIGGERS);

/** What every link has. */
const linkShape = <const T extends Exclude<FallbackLink['type'], 'hold'>>(type: T) => ({
  type: choice([type]),
  on: z._default(triggers(FALLBACK_TRIGGERS), () => [...DEFAULT_TRIGGERS[type]]),
});

function triggers<const T extends readonly [FallbackTrigger, ...FallbackTrigger[]]>(values: T) {
  return listOf(choice(values), 1, values.length).check((given) => {
    for (const [at, trigger] of given.value.entries()) {
      if (given.value.indexOf(trigger) === at) continue;
      const message = refusal(trigger, 'each trigger once');
      given.issues.push({ code: 'custom', input: undefined, path: [at], message });
    }
  });
}

const linkSchema = z.discriminatedUnion(
  'type',
  [
    fields({
      ...linkShape('url'),
      url: z.string(refusing('an https URL')),
      auth: z._default(authSchema, { type: 'none' }),
      headers: z._default(headersSchema, {}),
      signing: z.optional(signingSchema),
    }),
    fields({
      ...linkShape('integration'),
      integration: text(NAME_OR_ID, NAME_OR_ID_CHARS_MAX, 'the name or the id of an integration'),
    }),
    fields({
      ...linkShape('queue'),
      arn: z.optional(z.string(refusing('the ARN of an SQS queue'))),
    }),
    fields({
      type: choice(['hold']),
      on: z._default(triggers(DEFAULT_TRIGGERS.hold), () => [...DEFAULT_TRIGGERS.hold]),
    }),
    fields({ ...linkShape('cache'), maxAgeSeconds: whole(1, CACHE_SECONDS_MAX, 'seconds') }),
    fields({ ...linkShape('static'), ...staticShape() }),
  ],
  { error: ({ input }) => unionRefusal(input, 'type', LINK_TYPES) },
);

/** Shape alone; what links are to each other and to the integration is checked beside it. */
export const fallbackSchema = listOf(linkSchema, 0, FALLBACK_LINKS_MAX);

export function fallbackOf(parsed: z.output<typeof fallbackSchema> | null | undefined) {
  return (parsed ?? []).map(linkOf);
}

function linkOf(parsed: z.output<typeof linkSchema>): FallbackLinkInput {
  switch (parsed.type) {
    case 'url': {
      const { signing, headers, ...plain } = parsed;
      const own = signing !== undefined && { signing: signingOf(signing) };
      return { ...plain, headers: headers as Record<string, string>, ...own };
    }
    case 'queue': {
      const { type, on, arn } = parsed;
      return { type, on, ...(arn !== undefined && { arn }) };
    }
    case 'hold':
      return { type: 'hold', on: ['breaker-open'] };
    case 'static':
      return { ...parsed, headers: parsed.headers as Record<string, string> };
    case 'integration':
    case 'cache':
      return parsed;
  }
}
