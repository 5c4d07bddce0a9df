import type { EventDocument, Message, Severity } from './message.ts';
import { clean, cut, unlinked } from './text.ts';

/** Teams refuses messages beyond some 28 KB, and counts what it makes of them, too. */
const BYTES_MAX = 20_000;
const TITLE_CHARS_MAX = 1_000;
const TEXT_CHARS_MAX = 5_000;
const ABOUT_CHARS_MAX = 300;
const FACTS_MAX = 40;
const FACT_CHARS_MAX = 300;

const COLOURS: Readonly<Record<Severity, string>> = {
  critical: 'Attention',
  error: 'Attention',
  warning: 'Warning',
  info: 'Accent',
};

/** An Adaptive Card for a workflow that begins when a webhook request is received. */
export function teamsBody(message: Message, event: EventDocument): unknown {
  const color = message.isOver ? 'Good' : COLOURS[message.severity ?? 'info'];
  const about = cut(`${event.type} · ${event.id} · ${event.timestamp}`, ABOUT_CHARS_MAX);
  const facts = factsOf(message);
  return card([
    {
      ...block(cut(unlinked(message.title), TITLE_CHARS_MAX)),
      ...{ size: 'Medium', weight: 'Bolder', color },
    },
    ...(facts.length === 0 ? [] : [{ type: 'FactSet', facts }]),
    { ...block(about), size: 'Small', isSubtle: true },
  ]);
}

/** A text of one's own as a message. */
export function teamsText(text: string): unknown {
  return card([block(cut(unlinked(clean(text)), TEXT_CHARS_MAX))]);
}

function block(text: string) {
  return { type: 'TextBlock', text, wrap: true };
}

function card(body: readonly unknown[]): unknown {
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body,
    msteams: { width: 'Full' },
  };
  const contentType = 'application/vnd.microsoft.card.adaptive';
  return { type: 'message', attachments: [{ contentType, contentUrl: null, content }] };
}

function factsOf({ facts, isCut }: Message) {
  const shown: { readonly title: string; readonly value: string }[] = [];
  let bytes = 0;
  for (const { name, value } of facts) {
    const fact = {
      title: cut(unlinked(name), FACT_CHARS_MAX),
      value: cut(unlinked(value), FACT_CHARS_MAX),
    };
    bytes += Buffer.byteLength(JSON.stringify(fact));
    if (shown.length === FACTS_MAX || bytes > BYTES_MAX - 6_000) {
      return [...shown, { title: '…', value: 'and more' }];
    }
    shown.push(fact);
  }
  return isCut ? [...shown, { title: '…', value: 'and more' }] : shown;
}
