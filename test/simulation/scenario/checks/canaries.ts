import { spellingsOf } from '../../../e2e/canaries.ts';
import { MARK } from '../../product/canary.ts';
import type { Overheard, Place } from '../overheard.ts';
import type { Run } from '../run.ts';
import { type Checks, firstWrong } from './check.ts';

/** Nobody is told a secret but those that it is for. */
export const CANARY_CHECKS: Checks = {
  'no secret is in anything that was logged, counted, thrown, sent to a queue, stored or answered':
    (run) => told(run),
};

function told({ overheard, product, witness }: Run): string | undefined {
  overheard.collect(product, witness.deaths);
  return secretTold(overheard);
}

/** Of what was shown to its owner, that is looked for which is long enough to be a secret. */
const SHOWN_CHARS_MIN = 20;
const AROUND_CHARS = 60;

/** What is told of the first secret that turns up, as it is or as something may have written it. */
export function secretTold({
  texts,
  shown,
}: Pick<Overheard, 'texts' | 'shown'>): string | undefined {
  const marks = spellingsOf(MARK);
  const isPlanted = (text: string) => marks.some((mark) => text.includes(mark));
  const own = [...shown].filter((text) => text.length >= SHOWN_CHARS_MIN && !isPlanted(text));
  const spellings = [...marks, ...own.flatMap(spellingsOf)];
  return firstWrong(Object.entries(texts) as [Place, readonly string[]][], ([place, list]) => {
    const all = list.join('\n');
    const found = spellings.find((spelling) => all.includes(spelling));
    if (found === undefined) return undefined;
    const at = all.indexOf(found);
    return `${place} has one: …${all.slice(Math.max(0, at - AROUND_CHARS), at + AROUND_CHARS)}…`;
  });
}
