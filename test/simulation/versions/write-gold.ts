import { mkdirSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { type Gold, goldOf, goldUrl, meaning, written } from './gold.ts';
import { MESSAGE_SPECIMENS, type MessageGold, messageUrl } from './message-specimens.ts';
import { SPECIMENS } from './specimens.ts';

/**
 * `node test/simulation/versions/write-gold.ts "what has changed"`: puts what today's code stores
 * and sends behind what is in the fixtures, where it differs. What is there is never changed.
 */
const [, , of] = process.argv;
if (of === undefined) throw new Error('Say what has changed: it becomes the name of the version.');

for (const [name, specimen] of Object.entries(SPECIMENS)) {
  const rows = await written(specimen);
  const known = goldOf(goldUrl(name));
  if (isDeepStrictEqual(known.at(-1)?.rows, JSON.parse(JSON.stringify(rows)))) continue;
  const means = await meaning(specimen, rows);
  append(goldUrl(name), [...known, { of, rows, means } satisfies Gold]);
}
for (const [name, { text, parse }] of Object.entries(MESSAGE_SPECIMENS)) {
  const known = goldOf<MessageGold>(messageUrl(name));
  if (known.at(-1)?.text === text) continue;
  append(messageUrl(name), [...known, { of, text, means: parse(text) } satisfies MessageGold]);
}

function append(url: URL, gold: readonly object[]): void {
  mkdirSync(new URL('.', url), { recursive: true });
  writeFileSync(url, `${JSON.stringify(gold, null, 2)}\n`);
}
