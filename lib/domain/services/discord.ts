import type { EventDocument, Message, Severity } from './message.ts';
import { clean, cut, unlinked } from './text.ts';

const CONTENT_CHARS_MAX = 2_000;
const TITLE_CHARS_MAX = 256;
const DESCRIPTION_CHARS_MAX = 4_096;
const FIELDS_MAX = 25;
const NAME_CHARS_MAX = 256;
const VALUE_CHARS_MAX = 1_024;
const FOOTER_CHARS_MAX = 300;
/** Titles, descriptions, fields and footers together. */
const EMBED_CHARS_MAX = 6_000;

const COLOURS: Readonly<Record<Severity, number>> = {
  critical: 0xb42318,
  error: 0xd92d20,
  warning: 0xf79009,
  info: 0x2e90fa,
};
const OVER = 0x12b76a;

/** The body of a webhook's execution. Nothing in it mentions anybody. */
export function discordBody(message: Message, event: EventDocument): unknown {
  const whole = unlinked(message.title);
  const title = cut(whole, TITLE_CHARS_MAX);
  // A title that does not fit stands below in full.
  const description = title === whole ? '' : cut(whole, DESCRIPTION_CHARS_MAX / 2);
  const footer = cut(`${event.type} · ${event.id}`, FOOTER_CHARS_MAX);
  const left = EMBED_CHARS_MAX - title.length - description.length - footer.length;
  return {
    embeds: [
      {
        title,
        ...(description !== '' && { description }),
        color: message.isOver ? OVER : COLOURS[message.severity ?? 'info'],
        fields: fieldsOf(message, left),
        footer: { text: footer },
        timestamp: event.timestamp,
      },
    ],
    allowed_mentions: { parse: [] },
  };
}

/** A text of one's own as a message. */
export function discordText(text: string): unknown {
  return {
    content: cut(unlinked(clean(text)), CONTENT_CHARS_MAX),
    allowed_mentions: { parse: [] },
  };
}

const MORE = { name: '…', value: 'and more', inline: false };

function fieldsOf({ facts, isCut }: Message, charsMax: number) {
  const fields: { name: string; value: string; inline: boolean }[] = [];
  let left = charsMax - MORE.name.length - MORE.value.length;
  for (const fact of facts) {
    const name = cut(unlinked(fact.name), NAME_CHARS_MAX);
    const value = cut(unlinked(fact.value), VALUE_CHARS_MAX);
    left -= name.length + value.length;
    if (left < 0 || fields.length === FIELDS_MAX - 1) return [...fields, MORE];
    fields.push({ name, value, inline: value.length <= 40 });
  }
  return isCut ? [...fields, MORE] : fields;
}
