import { isJsonObject } from '../merge-patch.ts';
import { breakerMessage } from './breaker-message.ts';
import { type Fact, factsOf } from './facts.ts';
import { oneLine } from './text.ts';

/** An event as people read it; each service writes it in its own way. */
export interface Message {
  readonly title: string;
  readonly facts: readonly Fact[];
  /** The event had more to say than is kept here. */
  readonly isCut: boolean;
  /** Undefined: the event does not say. */
  readonly severity: Severity | undefined;
  /** What it is about: the same for the opening and the closing of a breaker. */
  readonly subject: string;
  /** Nothing is wrong any more with what it is about. */
  readonly isOver: boolean;
  /** Where it comes from, in a word. */
  readonly source: string;
}

export const SEVERITIES = ['critical', 'error', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** The event as it was accepted, once more. */
export interface EventDocument {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: unknown;
}

/** Readable for any data at all. */
export function messageOf(event: EventDocument, tenant: string): Message {
  return breakerMessage(event) ?? plainMessage(event, tenant);
}

/** The title is the type, unless the data have one. */
function plainMessage({ id, type, data }: EventDocument, tenant: string): Message {
  const { facts, isCut } = factsOf(data);
  const told = isJsonObject(data) ? data : {};
  const { title, severity } = told;
  return {
    title: typeof title === 'string' && title.trim() !== '' ? `${type}: ${oneLine(title)}` : type,
    facts,
    isCut,
    severity: SEVERITIES.find((each) => each === severity),
    subject: id,
    isOver: false,
    source: `breakwater/${tenant}`,
  };
}
