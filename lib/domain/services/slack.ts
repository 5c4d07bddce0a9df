import type { EventDocument, Message } from './message.ts';
import { clean, cutAs } from './text.ts';

/** Slack cuts a message's `text` here. */
const TEXT_CHARS_MAX = 40_000;
/** Of a text object. */
const BLOCK_CHARS_MAX = 3_000;
/** Beyond some 13,000 in all blocks Slack answers `msg_blocks_too_long`. */
const TITLE_CHARS_MAX = 1_000;
const LINE_CHARS_MAX = 500;
const CONTEXT_CHARS_MAX = 300;
const MORE = '\n…and more';

/** The body of an incoming webhook. Nothing in it mentions anybody or is fetched by Slack. */
export function slackBody(message: Message, event: EventDocument): unknown {
  const title = escaped(message.title, TITLE_CHARS_MAX);
  const about = `${event.type} · ${event.id} · ${event.timestamp}`;
  const facts = factLines(message);
  return {
    text: title,
    blocks: [
      section(`*${title}*`),
      ...(facts === '' ? [] : [section(facts)]),
      { type: 'context', elements: [mrkdwn(escaped(about, CONTEXT_CHARS_MAX))] },
    ],
    unfurl_links: false,
    unfurl_media: false,
  };
}

/** A text of one's own as a message. */
export function slackText(text: string): unknown {
  return {
    text: escaped(clean(text), TEXT_CHARS_MAX),
    unfurl_links: false,
    unfurl_media: false,
  };
}

function factLines({ facts, isCut }: Message): string {
  let lines = '';
  for (const { name, value } of facts) {
    const line = `${lines === '' ? '' : '\n'}*${escaped(name, LINE_CHARS_MAX)}:* ${escaped(value, LINE_CHARS_MAX)}`;
    if (lines.length + line.length > BLOCK_CHARS_MAX - MORE.length) return lines + MORE;
    lines += line;
  }
  return isCut ? lines + MORE : lines;
}

function section(text: string) {
  return { type: 'section', text: mrkdwn(text) };
}

/** `verbatim`: what looks like a channel or an address stays text. */
function mrkdwn(text: string) {
  return { type: 'mrkdwn', text, verbatim: true };
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Slack's three: `<!channel>` would ring everybody. */
function escaped(text: string, charsMax: number): string {
  return cutAs(text, charsMax, (char) => ESCAPES[char] ?? char);
}
