import { afterAll, describe, expect, it } from 'vitest';
import {
  type AuditEntry,
  type ChainEnd,
  EMPTY_CHAIN,
  endOf,
  entryAfter,
  entryText,
  type StoredEntry,
} from '../../lib/domain/audit.ts';
import { WALK_BEGUN, walkEnded, walkOn } from '../../lib/domain/audit-chain.ts';
import {
  DIGEST_LATE_MS,
  digestEndAt,
  parseDigest,
  type StoredDigest,
} from '../../lib/domain/audit-digest.ts';
import { type DigestWalk, digestsBegun } from '../../lib/domain/audit-digest-chain.ts';
import { chainOf, draft, headOf, TENANT } from './audit-chains.ts';
import { digestsOf, EVERY_MS, judged, keyPair, rowOf, signedBy } from './digest-chains.ts';

const LENGTH = 100_000;
/** Entries that one digest covers: the last hundred are not signed yet. */
const EACH = 250;
const SIGNED = LENGTH - EACH;
const SPOILED_EACH = 100;
const T0 = Date.UTC(2026, 0, 15, 12);

const ours = keyPair();
const theirs = keyPair();
const chain = chainOf(LENGTH);
const digests = digestsOf(chain.slice(0, SIGNED), EACH, ours.privateKey, T0);
const nowMs = T0 + digests.length * EVERY_MS;
const known = { keys: [ours.publicKey], nowMs };

/** Dice that fall the same each time. */
let state = 20_260_116;
function below(max: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * max);
}

const entry = (seq: number): AuditEntry => chain[seq - 1] as AuditEntry;
const storedAs = (one: AuditEntry | undefined): StoredEntry | undefined =>
  one && { place: one.seq, text: entryText(one) };
const honest = (seq: number) => storedAs(chain[seq - 1]);

/**
 * The chain made anew from a place on, each entry hashed and chained to the one before it, as
 * somebody does who has all tables; made as far as somebody reads. `draftAt` says what stands there.
 */
function madeAnew(from: number, draftAt: (seq: number) => AuditEntry | undefined) {
  const made: AuditEntry[] = [];
  return (seq: number): StoredEntry | undefined => {
    if (seq < from) return honest(seq);
    for (let next = from + made.length; next <= seq; next++) {
      const before = made.at(-1) ?? chain[from - 2];
      const end: ChainEnd = before === undefined ? EMPTY_CHAIN : endOf(before);
      const said = draftAt(next);
      if (said === undefined) return undefined;
      made.push(entryAfter(end, said, Date.parse(said.at)));
    }
    return storedAs(made[seq - from]);
  };
}

const forged = (seq: number): AuditEntry => ({ ...entry(seq), ...draft(8_888_888) });

/** What may be done to a chain together with its head and all hashes; each with the place. */
const REWRITTEN: Record<string, (at: number) => ReturnType<typeof madeAnew>> = {
  edit(at) {
    const actor = { kind: 'system', name: 'nobody' } as const;
    return madeAnew(at, (seq) => (seq === at ? { ...entry(seq), actor } : chain[seq - 1]));
  },
  deletion: (at) => madeAnew(at, (seq) => chain[seq]),
  insertion(at) {
    return madeAnew(at, (seq) => (seq === at ? forged(seq) : chain[seq - 2]));
  },
  'swap of two neighbours'(at) {
    const other = (seq: number) => (seq === at ? at + 1 : at);
    return madeAnew(at, (seq) => entry(seq > at + 1 ? seq : other(seq)));
  },
  truncation: (at) => (seq) => (seq < at ? honest(seq) : undefined),
  'truncation, and another end': (at) => madeAnew(at, forged),
};

/** The walk up to just before this digest: what is before it was found whole. */
function begunBefore(number: number): DigestWalk {
  const before = digests[number - 2];
  return before === undefined ? digestsBegun() : { ...digestsBegun(), end: digestEndAt(before) };
}

const textAt = (number: number) => digests[number - 1]?.text ?? '';
const digestAt = (number: number) => parseDigest(textAt(number)) ?? fail();
const digest = () => 2 + below(digests.length - 2);

function fail(): never {
  throw new Error('There is no such digest.');
}

type Spoiled = { readonly rows: readonly StoredDigest[]; readonly number: number };
const spoiledAt = (number: number, text: string): Spoiled => ({
  ...{ number, rows: digests.slice(number - 1).with(0, { place: number, text }) },
});

/** What may be done to the digests by somebody who has not the key. */
const SPOILED: Record<string, () => Spoiled> = {
  'a digest is deleted'() {
    const number = digest();
    return { number, rows: digests.slice(number) };
  },
  'a digest is deleted, and those behind it renumbered'() {
    const number = digest();
    const rows = digests.slice(number).map(({ place: at }) => {
      return rowOf({ ...digestAt(at), number: at - 1 });
    });
    return { number, rows };
  },
  'an older digest is replayed in its place'() {
    const number = digest();
    return spoiledAt(number, textAt(1 + below(number - 1)));
  },
  'an older digest is replayed under a new number'() {
    const number = digest();
    const old = digestAt(1 + below(number - 1));
    const { prevHash } = digestAt(number);
    return spoiledAt(number, rowOf({ ...old, number, prevHash }).text);
  },
  'two signatures are swapped'() {
    const number = digest();
    const { signature } = digestAt(number + 1);
    return spoiledAt(number, rowOf({ ...digestAt(number), signature }).text);
  },
  'a head in it is another'() {
    const number = digest();
    const one = digestAt(number);
    const heads = one.heads.map((head) => ({ ...head, hash: entry(1 + below(LENGTH)).hash }));
    return spoiledAt(number, rowOf({ ...one, heads }).text);
  },
  'its time is another'() {
    const number = digest();
    const at = new Date(Date.parse(digestAt(number).at) + 1).toISOString();
    return spoiledAt(number, rowOf({ ...digestAt(number), at }).text);
  },
  'it is signed with a key of theirs'() {
    const number = digest();
    return spoiledAt(number, rowOf(signedBy(digestAt(number), theirs.privateKey)).text);
  },
  'one bit of it is flipped'() {
    const number = digest();
    const bytes = Buffer.from(textAt(number));
    const byte = below(bytes.length);
    bytes[byte] = (bytes[byte] ?? 0) ^ (1 << below(7));
    return spoiledAt(number, bytes.toString());
  },
};

const counts: Record<string, string> = {};
function counted(name: string, trial: () => boolean): void {
  let found = 0;
  for (let n = 0; n < SPOILED_EACH; n++) if (trial()) found += 1;
  counts[name] = `${found}/${SPOILED_EACH}`;
}
const ALL = `${SPOILED_EACH}/${SPOILED_EACH}`;

afterAll(() => {
  // biome-ignore lint/suspicious/noConsole: the counts are to be seen in the run.
  console.info(`signed audit chain of ${LENGTH}: ${JSON.stringify(counts)}`);
});

describe(`a chain of ${LENGTH.toLocaleString('en')} entries, signed every ${EACH}`, () => {
  it('is found whole', () => {
    const { walk, problem } = judged(digests, honest, known);
    expect(problem).toBeNull();
    expect(walk).toMatchObject({ checked: digests.length, gaps: [], problem: null });
  }, 60_000);

  it.each(Object.entries(REWRITTEN))(
    `${ALL} by somebody with all tables: %s`,
    (name, spoil) => {
      counted(name, () => {
        const at = 1 + below(SIGNED - 1);
        // Digests that cover what is before the place were found to agree with it above.
        const number = Math.ceil(at / EACH);
        const { problem } = judged(
          digests.slice(number - 1),
          spoil(at),
          known,
          begunBefore(number),
        );
        return problem?.kind === 'rewritten' && problem.number === number;
      });
      expect(counts[name]).toBe(ALL);
    },
    120_000,
  );

  it('made anew verifies by itself: without the digests nobody would know', () => {
    const entryAt = madeAnew(5_000, forged);
    const rows = Array.from({ length: 6_000 }, (_, i) => entryAt(i + 1) as StoredEntry);
    const { seq, hash } = JSON.parse(rows.at(-1)?.text ?? '');
    const anchor = { seq, hash };
    const walk = walkOn(WALK_BEGUN, TENANT, rows, [anchor]);
    const end = { anchor, last: rows.at(-1), isOld: () => true };
    expect(walkEnded(walk, [anchor], end).problem).toBeNull();
  });

  it.each(Object.entries(SPOILED))(`${ALL} without the key: %s`, (name, spoil) => {
    counted(name, () => {
      const { rows, number } = spoil();
      const { problem } = judged(rows, honest, known, begunBefore(number));
      return problem?.number === number;
    });
    expect(counts[name]).toBe(ALL);
  });

  it(`${ALL} rolled back, all tables, by more than two hours: it leaves a gap`, () => {
    const late = DIGEST_LATE_MS / EVERY_MS;
    const rolledBack = (least: number, most: number) => () => {
      const last = digests.length - least - below(most - least);
      const entryAt = (seq: number) => (seq <= last * EACH ? honest(seq) : undefined);
      const begun = begunBefore(last);
      const { walk, problem } = judged(digests.slice(last - 1, last), entryAt, known, begun);
      return problem === null && walk.gaps.length === 1;
    };
    counted('rollback by more than two hours', rolledBack(late + 1, digests.length - 2));
    expect(counts['rollback by more than two hours']).toBe(ALL);
    // Of less than that the tables do not tell: a digest that was noted elsewhere does.
    counted('(rollback by less than two hours)', rolledBack(1, late - 1));
    expect(counts['(rollback by less than two hours)']).toBe(`0/${SPOILED_EACH}`);
  });

  it('does not tell of entries that are younger than the last digest', () => {
    counted('(edit of what is not signed yet)', () => {
      const at = SIGNED + 1 + below(EACH - 1);
      const number = digests.length;
      const last = digests.slice(number - 1);
      return judged(last, madeAnew(at, forged), known, begunBefore(number)).problem !== null;
    });
    expect(counts['(edit of what is not signed yet)']).toBe(`0/${SPOILED_EACH}`);
    expect(headOf(chain).seq).toBe(LENGTH);
  }, 120_000);
});
