import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appWith } from '../infra/synthesized.ts';

const PAGES = ['SECURITY.md', 'docs/security.md', 'docs/asvs.md'];
const SYNTH_MS_MAX = 120_000;
const ACKNOWLEDGED = 'aws:cdk:acknowledged-rules';

/** How many requirements of levels 1 and 2 each section of ASVS 5.0.0 begins with, and the odd ones. */
const ASVS: Readonly<Record<string, number>> = {
  ...{ '1.1': 2, '1.2': 9, '1.3': 11, '1.4': 3, '1.5': 2, '2.1': 3, '2.2': 3, '2.3': 4, '2.4': 1 },
  ...{ '3.2': 2, '3.3': 4, '3.4': 6, '3.5': 5, '3.7': 2, '4.1': 3, '4.2': 1, '4.3': 2, '4.4': 4 },
  ...{ '5.1': 1, '5.2': 3, '5.3': 2, '5.4': 3, '6.1': 3, '6.2': 12, '6.3': 4, '6.4': 4, '6.5': 5 },
  ...{ '6.6': 3, '6.8': 4, '7.1': 3, '7.2': 4, '7.3': 2, '7.4': 5, '7.5': 2, '7.6': 2, '8.1': 2 },
  ...{ '8.2': 3, '8.3': 1, '8.4': 1, '9.1': 3, '9.2': 4, '10.1': 2, '10.2': 2, '10.3': 4 },
  ...{ '10.4': 11, '10.5': 5, '10.6': 2, '10.7': 3, '11.1': 2, '11.2': 3, '11.3': 3, '11.4': 4 },
  ...{ '11.5': 1, '11.6': 1, '12.1': 3, '12.2': 2, '12.3': 4, '13.1': 1, '13.2': 5, '13.3': 2 },
  ...{ '13.4': 5, '14.1': 2, '14.2': 4, '14.3': 3, '15.1': 3, '15.2': 3, '15.3': 7, '16.1': 1 },
  ...{ '16.2': 5, '16.3': 4, '16.4': 3, '16.5': 3, '17.1': 1, '17.2': 4, '17.3': 2 },
};

describe.each(PAGES)('%s', (page) => {
  const text = readFileSync(page, 'utf8');

  it('names only files that are there', () => {
    const files = text.match(/(?<=`)(?:test|lib|infra|scripts|docs|bench)\/[^`\s*]+(?=`)/g) ?? [];
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });

  it('links to pages that are there', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(dirname(page), link)))).toEqual([]);
  });
});

describe('the self-audit by ASVS 5.0', () => {
  const rows = [...readFileSync('docs/asvs.md', 'utf8').matchAll(/^\| (\d.*?) \|$/gm)].map(
    ([, row = '']) => row.split(' | '),
  );

  it('has every requirement of levels 1 and 2 once, in order', () => {
    const expected = Object.entries(ASVS).flatMap(([section, count]) =>
      Array.from({ length: count }, (_, index) => `${section}.${index + 1}`),
    );
    expect(rows.map(([id]) => id)).toEqual(expected);
    expect(rows.map(([, level]) => level).filter((level) => level === '1')).toHaveLength(70);
    expect(rows).toHaveLength(253);
  });

  it('says of each whether it is met, and what shows it or why not', () => {
    for (const [id, , , status, reason = ''] of rows) {
      expect(['met', 'n/a', '**partly**', '**not met**'], id).toContain(status);
      expect(reason.trim().length, id).toBeGreaterThan(3);
    }
  });

  it('counts right', () => {
    const count = (status: string) => rows.filter((row) => row[3] === status).length;
    expect(readFileSync('docs/asvs.md', 'utf8')).toContain(
      `**253 requirements: ${count('met')} met, ${count('**partly**')} partly, ` +
        `${count('**not met**')} not met, ${count('n/a')} not applicable.**`,
    );
  });
});

describe('the silenced rules', () => {
  it(
    'are those of the stack, each with its reason',
    () => {
      const text = readFileSync('docs/decisions/0011-silenced-rules.md', 'utf8');
      const written = [...text.matchAll(/^\| `([^`]+)` \| .+ \| .{20,} \|$/gm)].map(([, id]) => id);
      const { stack } = appWith();
      const silenced = stack.node
        .findAll()
        .flatMap(({ node }) => node.metadata)
        .filter(({ type }) => type === ACKNOWLEDGED)
        .flatMap(({ data }) => Object.keys(data).map((rule) => rule.replace('Annotation::', '')));
      expect(written.sort()).toEqual([...new Set(silenced)].sort());
    },
    SYNTH_MS_MAX,
  );
});
