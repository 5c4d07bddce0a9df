import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { ExportVerdict } from '../lib/domain/audit-export.ts';
import { verifyExport } from '../lib/domain/audit-export.ts';
import { readExport } from './audit-export.ts';

/** `npm run audit:verify`: judges an export of the audit log, with no network and no AWS. */

const USAGE = `npm run audit:verify -- --file export.json --public-key key.pem

  --file        what GET /v1/audit and GET /v1/audit/digests have answered; may be given often
  --public-key  of the key that signs digests, in PEM; often, if there was more than one
  --digest      number:hash of a digest that you noted: it must be there; gaps before it are known
  --key-made    when the key was made (aws kms describe-key): digests must begin soon after
  --part        the files begin in the middle: what is before them is not judged

Exit status: 0 all is whole, 1 it is not, 2 it could not be judged.
`;

const OPTIONS = {
  file: { type: 'string', multiple: true },
  'public-key': { type: 'string', multiple: true },
  digest: { type: 'string' },
  'key-made': { type: 'string' },
  part: { type: 'boolean' },
} as const;

function main(args: readonly string[]): ExportVerdict {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const { file: files = [], 'public-key': keyFiles = [], 'key-made': keyMade } = values;
  if (files.length === 0 || keyFiles.length === 0) throw new Error(`\n${USAGE}`);
  const keyMadeAtMs = keyMade === undefined ? undefined : Date.parse(keyMade);
  if (Number.isNaN(keyMadeAtMs)) throw new Error('--key-made is no time.');
  return verifyExport(readExport(files.map(read)), {
    keys: keyFiles.map((one) => publicKey(read(one))),
    noted: notedOf(values.digest),
    keyMadeAtMs,
    isPart: values.part === true,
  });
}

const read = (file: string): string => readFileSync(file, 'utf8');

function publicKey(pem: string): KeyObject {
  const key = createPublicKey(pem);
  if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  throw new Error('The public key is none of ECDSA on the curve P-256.');
}

function notedOf(text: string | undefined) {
  if (text === undefined) return undefined;
  const [, number, hash] = /^(\d+):([0-9a-f]{64})$/.exec(text) ?? [];
  if (number === undefined || hash === undefined) throw new Error('--digest is no number:hash.');
  return { number: Number(number), hash };
}

function told({ ok, chains, digests }: ExportVerdict): string {
  const lines = chains.map(({ tenant, walk, signedTo }) => {
    const { head, checked, problem } = walk;
    const verdict =
      problem === null ? 'whole' : `${problem.kind} at ${problem.seq}: ${problem.message}`;
    return `${tenant}: ${checked} entries, to ${head.seq}, signed to ${signedTo}: ${verdict}`;
  });
  const { end, checked, gaps, problem } = digests;
  const verdict = problem === null ? 'whole' : `${problem.kind}: ${problem.message}`;
  const last = end.atMs === 0 ? '' : `, the last of ${new Date(end.atMs).toISOString()}`;
  lines.push(`digests: ${checked}, to ${end.number}:${end.hash}${last}: ${verdict}`);
  for (const { number, from, to } of gaps) {
    lines.push(`gap before digest ${number}: nothing was signed from ${from} to ${to}`);
  }
  return `${lines.join('\n')}\n${ok ? 'All is whole.' : 'NOT whole.'}\n`;
}

try {
  const verdict = main(process.argv.slice(2));
  process.stdout.write(told(verdict));
  process.exitCode = verdict.ok ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
