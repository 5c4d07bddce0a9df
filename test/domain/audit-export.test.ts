import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { type AuditEntry, endOf, entryAfter } from '../../lib/domain/audit.ts';
import { type AuditDigest, digestEndAt, parseDigest } from '../../lib/domain/audit-digest.ts';
import { verifyExport } from '../../lib/domain/audit-export.ts';
import { readExport } from '../../scripts/audit-export.ts';
import { tempDir } from '../local/fixtures/temp-dir.ts';
import { chainOf, draft } from './audit-chains.ts';
import { digestsOf, keyPair } from './digest-chains.ts';

const COMMAND = fileURLToPath(new URL('../../scripts/audit-verify.ts', import.meta.url));
const T0 = Date.UTC(2026, 0, 15, 12);
const { publicKey, privateKey } = keyPair();
const entries = chainOf(40);
const rows = digestsOf(entries, 10, privateKey, T0);
const digests = rows.map(({ text }) => parseDigest(text) as AuditDigest);
const known = { keys: [publicKey], isPart: false };

/** As pages of the API: newest first, one on the other. */
const pages = (all: readonly AuditEntry[] = entries, signed: readonly AuditDigest[] = digests) => [
  JSON.stringify({ data: all.slice(15).toReversed(), nextCursor: 'more', prevCursor: null }),
  `${JSON.stringify({ data: all.slice(0, 16) })}\n${JSON.stringify({ data: signed })}\n`,
];

/** The end made anew from the entry on, as somebody does who has all tables. */
function rewritten(from: number): AuditEntry[] {
  const made = entries.slice(0, from - 1);
  for (let seq = from; seq <= entries.length; seq++) {
    const last = made.at(-1) as AuditEntry;
    made.push(entryAfter(endOf(last), draft(seq, { action: 'test.forged' }), T0));
  }
  return made;
}

it('an export is whole, in pages of any order', () => {
  const { ok, chains, digests: walk } = verifyExport(readExport(pages()), known);
  expect(ok).toBe(true);
  expect(chains).toMatchObject([{ tenant: 'acme', signedTo: 40, walk: { checked: 40 } }]);
  expect(walk).toMatchObject({ checked: 4, gaps: [], problem: null });
});

it('an export that was made anew is told by the first digest that does not agree', () => {
  const verdict = verifyExport(readExport(pages(rewritten(17))), known);
  expect(verdict.ok).toBe(false);
  expect(verdict.digests.problem).toMatchObject({ number: 2, kind: 'rewritten' });
  expect(verdict.chains[0]?.walk.problem).toMatchObject({ seq: 40, kind: 'rewritten' });
});

it('what is missing is told: entries, an end, a whole chain, digests', () => {
  const judged = (all: readonly AuditEntry[], signed = digests) =>
    verifyExport({ entries: all, digests: signed }, known);
  const problemOf = (all: readonly AuditEntry[]) => judged(all).chains[0]?.walk.problem;
  expect(problemOf(entries.toSpliced(5, 1))).toMatchObject({ seq: 6, kind: 'missing' });
  expect(problemOf(entries.slice(0, 35))).toMatchObject({ seq: 36, kind: 'truncated' });
  expect(problemOf([])).toMatchObject({ seq: 1, kind: 'truncated' });
  expect(judged(entries, digests.toSpliced(1, 1)).digests.problem).toMatchObject({
    ...{ number: 2, kind: 'missing' },
  });
  const noted = digestEndAt(rows[3] ?? { place: 0, text: '' });
  const cut = verifyExport({ entries, digests: digests.slice(0, 3) }, { ...known, noted });
  expect(cut.digests.problem).toMatchObject({ number: 4, kind: 'truncated' });
  const late = verifyExport({ entries, digests }, { ...known, keyMadeAtMs: T0 - 9_000_000 });
  expect(late.digests.gaps).toMatchObject([{ number: 1 }]);
});

it('a part is judged from where it begins, where that is asked for', () => {
  const part = { entries: entries.slice(25), digests: digests.slice(2) };
  expect(verifyExport(part, known).ok).toBe(false);
  expect(verifyExport(part, { ...known, isPart: true }).ok).toBe(true);
  const spoiled = { ...part, entries: rewritten(28).slice(25) };
  expect(verifyExport(spoiled, { ...known, isPart: true }).ok).toBe(false);
});

it('what cannot be checked is refused: a part of a digest, and anything else', () => {
  const shown = { ...digests[0], heads: [], key: null, signature: null };
  expect(() => readExport([JSON.stringify({ data: [shown] })])).toThrow(/key of one tenant/);
  expect(() => readExport(['{"data":[{"id":1}]}'])).toThrow(/Neither an entry nor a digest/);
  expect(() => readExport(['no json'])).toThrow(SyntaxError);
});

it('npm run audit:verify tells a whole export from one that was made anew', async () => {
  const folder = await tempDir();
  const at = (name: string) => join(folder, name);
  await writeFile(at('key.pem'), publicKey.export({ format: 'pem', type: 'spki' }));
  for (const [i, page] of pages().entries()) await writeFile(at(`${i}.json`), page);
  for (const [i, page] of pages(rewritten(17)).entries()) await writeFile(at(`bad${i}.json`), page);
  const run = (...files: string[]) =>
    promisify(execFile)(process.execPath, [
      ...[COMMAND, '--public-key', at('key.pem')],
      ...files.flatMap((file) => ['--file', at(file)]),
    ]).catch((error: { readonly code: number; readonly stdout: string }) => error);
  expect((await run('0.json', '1.json')).stdout).toMatch(
    /signed to 40: whole\n[\s\S]*All is whole/,
  );
  const bad = await run('bad0.json', 'bad1.json');
  expect(bad).toMatchObject({ code: 1, stdout: expect.stringMatching(/NOT whole/) });
  expect(await run('none.json')).toMatchObject({ code: 2 });
});
