import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { goldOf, goldUrl, meaning, written } from './gold.ts';
import { MESSAGE_SPECIMENS, type MessageGold, messageUrl } from './message-specimens.ts';
import { ROW_KINDS, rowKindOf } from './rows.ts';
import { SPECIMENS } from './specimens.ts';

/** What to do where a change of format is found: `docs/architecture.md`, "Changing what is stored". */
const HOW = 'Changed? Read "Changing what is stored", then run versions/write-gold.ts';

describe.each(Object.entries(SPECIMENS))('%s', (name, specimen) => {
  const gold = goldOf(goldUrl(name));

  it('is stored as the fixture has it', async () => {
    expect(JSON.parse(JSON.stringify(await written(specimen))), HOW).toEqual(gold.at(-1)?.rows);
  });

  it.each(gold)('is read as ever where it was stored by: $of', async ({ rows, means }) => {
    expect(await meaning(specimen, rows)).toEqual(means);
  });
});

describe.each(Object.entries(MESSAGE_SPECIMENS))('the message %s', (name, { text, parse }) => {
  const gold = goldOf<MessageGold>(messageUrl(name));

  it('is sent as the fixture has it', () => {
    expect(text, HOW).toBe(gold.at(-1)?.text);
  });

  it.each(gold)('is understood as ever where it was sent by: $of', (sent) => {
    expect(parse(sent.text)).toEqual(sent.means);
  });
});

describe('the fixtures', () => {
  it('hold a row of every kind', () => {
    const kinds = Object.keys(SPECIMENS).flatMap((name) =>
      Object.entries(goldOf(goldUrl(name)).at(-1)?.rows ?? {}).flatMap(([table, rows]) =>
        rows.map((row) => {
          const { pk, sk } = row as Readonly<Record<string, { readonly S: string }>>;
          return rowKindOf(table, pk?.S ?? '', sk?.S ?? '');
        }),
      ),
    );
    expect([...new Set(kinds)].sort()).toEqual([...ROW_KINDS].sort());
  });

  it('are of nothing else', () => {
    const names = (url: URL) => readdirSync(new URL('.', url)).sort();
    const jsonOf = (specimens: object) => Object.keys(specimens).map((name) => `${name}.json`);
    expect(names(goldUrl('any'))).toEqual(jsonOf(SPECIMENS).sort());
    expect(names(messageUrl('any'))).toEqual(jsonOf(MESSAGE_SPECIMENS).sort());
  });
});
