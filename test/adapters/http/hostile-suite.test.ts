import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Row, Suite } from './hostile-run.ts';
import { SCENARIOS } from './hostile-scenarios.ts';

const MIB = 1_024 * 1_024;
/** The promises: how late an attempt may end, and how far it may let memory grow. */
const LATE_MS_MAX = 250;
const GROWTH_BYTES_MAX = 8 * MIB;
/** Not of an attempt: Lambda takes an answer as base64 within JSON, each of them a text of its own. */
const REPLY_GROWTH_BYTES_MAX = 24 * MIB;
const SUITE_MS_MAX = 300_000;

type Expected = readonly [error: string | null, detail: string | null, status: number | null];

/** Those that are no script: of TLS, of listeners, of name servers. */
const OTHERS: Readonly<Record<string, Expected>> = {
  'certificate expired': ['tls', 'tls_expired', null],
  'certificate not yet valid': ['tls', 'tls_not_yet_valid', null],
  'certificate of another name': ['tls', 'tls_wrong_name', null],
  'certificate self-signed': ['tls', 'tls_self_signed', null],
  'certificate of another authority': ['tls', 'tls_untrusted', null],
  'only TLSv1': ['tls', 'tls_protocol', null],
  'only TLSv1.1': ['tls', 'tls_protocol', null],
  'plain HTTP instead of TLS': ['tls', 'tls_protocol', null],
  'connect hung, http': ['timeout', 'connect_timeout', null],
  'connect hung, https': ['timeout', 'connect_timeout', null],
  '1 MiB never read': ['timeout', 'response_timeout', null],
  'DNS hung': ['timeout', 'dns_timeout', null],
};
/** Of calls, which want 4 MiB of an answer. */
const CALLS: Readonly<Record<string, Expected>> = {
  '4 MiB kept': [null, null, 200],
  '4 MiB kept, in pieces of 32 KiB': [null, null, 200],
  '4 MiB kept, in pieces of 1 KiB': [null, null, 200],
  'more than 4 MiB announced': ['body-too-large', 'body_too_large', 200],
  'endless body': ['body-too-large', 'body_too_large', 200],
  'endless pieces of 1 byte': ['reset', 'too_many_pieces', 200],
  'endless pieces of 16 bytes': ['timeout', 'body_timeout', 200],
};
const SCRIPTS = SCENARIOS.flatMap(
  ({ name, over, error, detail = null, statusCode = null, outcome }) =>
    over.map((scheme) => [`${name}, ${scheme}`, [error, detail, statusCode], outcome] as const),
);
const CASES = [
  ...SCRIPTS,
  ...Object.entries(OTHERS).map(([name, expected]) => [name, expected, 'retryable'] as const),
  ...Object.entries(CALLS).flatMap(([name, expected]) =>
    ['http', 'https'].map((scheme) => {
      const outcome = expected[0] === null ? 'success' : 'retryable';
      return [`a call, ${name}, ${scheme}`, expected, outcome] as const;
    }),
  ),
];

describe('one attempt at a hostile destination, over real TCP and TLS', () => {
  let suite: Suite = { rows: [], replies: [], trapped: 0 };

  beforeAll(async () => {
    const script = new URL('./hostile-run.ts', import.meta.url).pathname;
    const flags = ['--disable-warning=ExperimentalWarning', '--expose-gc', script];
    const { stdout } = await promisify(execFile)(process.execPath, flags, {
      timeout: SUITE_MS_MAX,
      maxBuffer: MIB,
    });
    suite = JSON.parse(stdout) as Suite;
    process.stdout.write(table(suite));
  }, SUITE_MS_MAX);

  it.each(CASES)('%s ends as %j: %s', (name, [error, detail, statusCode], outcome) => {
    const row = suite.rows.find((one) => one.name === name);
    expect(row).toMatchObject({ error, detail, statusCode, outcome });
    expect(row?.lateMs).toBeLessThanOrEqual(LATE_MS_MAX);
    expect(row?.heldBytes).toBeLessThanOrEqual(GROWTH_BYTES_MAX);
    expect(row?.rssBytes).toBeLessThanOrEqual(GROWTH_BYTES_MAX);
  });

  it('is followed, where a call has got 4 MiB, by a reply that is bounded as well', () => {
    expect(suite.replies).toHaveLength(2);
    for (const { heldBytes, rssBytes } of suite.replies) {
      expect(Math.max(heldBytes, rssBytes)).toBeLessThanOrEqual(REPLY_GROWTH_BYTES_MAX);
    }
  });

  it('is what was measured, all of it', () => {
    expect(suite.rows.map(({ name }) => name).sort()).toEqual(CASES.map(([name]) => name).sort());
  });

  it('leads nowhere else', () => {
    expect(suite.trapped).toBe(0);
  });
});

function table({ rows, replies }: Suite): string {
  const mib = (bytes: number) => (bytes / MIB).toFixed(2).padStart(7);
  const lines = rows.map(({ name, error, detail, statusCode, ms, lateMs, heldBytes, rssBytes }) =>
    [
      name.padEnd(46),
      `${error ?? statusCode} ${detail ?? ''}`.padEnd(40),
      `${ms} ms`.padStart(8),
      (lateMs >= 0 ? `+${lateMs}` : '').padStart(6),
      mib(heldBytes),
      mib(rssBytes),
    ].join(' '),
  );
  const most = (of: (row: Row) => number, among = rows) => Math.max(...among.map(of));
  const sized = (among: readonly Row[]) =>
    `${mib(most(({ heldBytes }) => heldBytes, among)).trim()} MiB held and ` +
    `${mib(most(({ rssBytes }) => rssBytes, among)).trim()} MiB of RSS`;
  const calls = rows.filter(({ name }) => name.startsWith('a call'));
  const deliveries = rows.filter((row) => !calls.includes(row));
  return [
    `${'destination'.padEnd(46)} ${'result'.padEnd(40)}     took   late    held     RSS (MiB)`,
    ...lines,
    ...replies.map(
      ({ name, heldBytes, rssBytes }) =>
        `not of the attempt: a call's 4 MiB as the reply, ${name}: ` +
        `${mib(heldBytes).trim()} MiB held, ${mib(rssBytes).trim()} MiB of RSS`,
    ),
    `${rows.length} hostile attempts: at most ${most(({ lateMs }) => lateMs)} ms late; ` +
      `at most ${sized(deliveries)} for a delivery, ${sized(calls)} for a call of 4 MiB\n`,
  ].join('\n');
}
