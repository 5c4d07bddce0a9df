import type { Scope } from '../../domain/api-key.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import { TENANT } from '../../domain/integration.ts';
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from '../../domain/page.ts';
import type { RouteKey } from '../../names.ts';
import { INSTANT, matching, pageOf, ref, type Schema, type Schemas, text } from './schema.ts';

/** One route as it is documented; what all routes have is added by `document.ts`. */
export interface Operation {
  readonly id: string;
  readonly tag: Tag;
  readonly summary: string;
  /** The route's own; null where no key is asked for. */
  readonly scope: Scope | null;
  readonly query?: Schemas;
  readonly body?: Body;
  readonly answers: Readonly<Record<string, Answered>>;
  /** Besides those that every such route has. */
  readonly problems?: readonly ErrorCode[];
}

export type Tag =
  | 'Integrations'
  | 'Breakers'
  | 'Events'
  | 'Deliveries'
  | 'Jobs'
  | 'Sources'
  | 'Keys'
  | 'Audit'
  | 'Statistics'
  | 'Deployment';

export interface Body {
  readonly content: Content;
  /** The request may come without one. */
  readonly optional?: true;
}

export interface Answered {
  readonly description: string;
  readonly content?: Content;
  readonly headers?: readonly string[];
}

/** Schemas by media type. */
export type Content = Readonly<Record<string, Schema>>;

export type Operations = Partial<Readonly<Record<RouteKey, Operation>>>;

const JSON_TYPE = 'application/json';

/** The component that the body of a request is. */
export function body(name: string, ...types: readonly string[]): Body {
  const all = [JSON_TYPE, ...types];
  return { content: Object.fromEntries(all.map((type) => [type, ref(name)])) };
}

/** The same for a request that may also come without any. */
export function optionalBody(name: string): Body {
  return { ...body(name), optional: true };
}

export function answered(description: string, name: string, ...headers: string[]): Answered {
  return { description, content: { [JSON_TYPE]: ref(name) }, headers };
}

export function listed(name: string): Answered {
  return {
    description: 'One page of the list.',
    content: { [JSON_TYPE]: pageOf(ref(name)) },
  };
}

export const DELETED: Answered = { description: 'It is gone.' };

const TENANT_ASKED: Schemas = {
  tenant: matching(TENANT, { description: 'For keys that are not bound to a tenant.' }),
};
/** Of routes about one thing. */
export const ONE = TENANT_ASKED;
/** Of lists. */
export const LIST: Schemas = {
  limit: { type: 'integer', minimum: 1, maximum: PAGE_LIMIT_MAX, default: PAGE_LIMIT_DEFAULT },
  cursor: text({ minLength: 1, description: '`nextCursor` or `prevCursor` of another page.' }),
  ...TENANT_ASKED,
};
export const RANGE: Schemas = {
  since: { ...INSTANT, description: 'At this time or later.' },
  until: { ...INSTANT, description: 'Before this time.' },
};
export const TEXT = text({ minLength: 1, maxLength: 256 });
export const TYPE = text({
  minLength: 1,
  pattern: '^[A-Za-z0-9_.-]{0,128}\\*?$',
  description: 'An event type, or the beginning of one and `*`.',
});
