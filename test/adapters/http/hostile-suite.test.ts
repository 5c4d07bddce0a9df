import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Row, Suite } from './hostile-run.ts';
import { SCENARIOS } from './hostile-scenarios.ts';

const MIB = 1_024 * 1_024;
/** The promises: how late an attempt may end, and how far it may let memory grow. */
const LATE_MS_MAX = 250;
const GROWTH_BYTES_MAX = 8 * MIB;
/**
 * A call that wants all of an answer holds up to 4 MiB of it, and twice that while its buffer grows;
 * the rest of this is what nobody has collected yet.
 */
const CALL_GROWTH_BYTES_MAX = 32 * MIB;
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
  'a call, endless body': ['body-too-large', 'body_too_large', 200],
};
const SCRIPTS = SCENARIOS.flatMap(
  ({ name, over, error, detail = null, statusCode = null, outcome }) =>
    over.map((scheme) => [`${name}, ${scheme}`, [error, detail, statusCode], outcome] as const),
);
const CASES = [
  ...SCRIPTS,
  ...Object.entries(OTHERS).map(([name, expected]) => [name, expected, 'retryable'] as const),
  ['a call, 4 MiB kept', [null, null, 200], 'success'] as const,
];

describe('one attempt at a hostile destination, over real TCP and TLS', () => {
  let suite: Suite = { rows: [], trapped: 0 };

  beforeAll(async () => {
    const script = new URL('./hostile-run.ts', import.meta.url).pathname;
    const flags = ['--disable-warning=ExperimentalWarning', '--expose-gc', script];
    const { stdout } = await promisify(execFile)(process.execPath, flags, {
      timeout: SUITE_MS_MAX,
      maxBuffer: MIB,
    });
    suite = JSON.parse(stdout) as Suite;
    process.stdout.write(table(suite.rows));
  }, SUITE_MS_MAX);

  it.each(CASES)('%s ends as %j: %s', (name, [error, detail, statusCode], outcome) => {
    const row = suite.rows.find((one) => one.name === name);
    expect(row).toMatchObject({ error, detail, statusCode, outcome });
    expect(row?.lateMs).toBeLessThanOrEqual(LATE_MS_MAX);
    const isCall = name.startsWith('a call');
    const growthMax = isCall ? CALL_GROWTH_BYTES_MAX : GROWTH_BYTES_MAX;
    expect(row?.heldBytes).toBeLessThanOrEqual(growthMax);
    expect(row?.rssBytes).toBeLessThanOrEqual(growthMax);
  });

  it('is what was measured, all of it', () => {
    expect(suite.rows.map(({ name }) => name).sort()).toEqual(CASES.map(([name]) => name).sort());
  });

  it('leads nowhere else', () => {
    expect(suite.trapped).toBe(0);
  });
});

function table(rows: readonly Row[]): string {
  const mib = (bytes: number) => (bytes / MIB).toFixed(2).padStart(7);
  const lines = rows.map(({ name, error, detail, statusCode, ms, lateMs, heldBytes, rssBytes }) =>
    [
      name.padEnd(36),
      `${error ?? statusCode} ${detail ?? ''}`.padEnd(40),
      `${ms} ms`.padStart(8),
      (lateMs >= 0 ? `+${lateMs}` : '').padStart(6),
      mib(heldBytes),
      mib(rssBytes),
    ].join(' '),
  );
  const most = (of: (row: Row) => number, among = rows) => Math.max(...among.map(of));
  const deliveries = rows.filter(({ name }) => !name.startsWith('a call'));
  return [
    `${'destination'.padEnd(36)} ${'result'.padEnd(40)}     took   late    held     RSS (MiB)`,
    ...lines,
    `${rows.length} hostile attempts: at most ${most(({ lateMs }) => lateMs)} ms late; of deliveries ` +
      `at most ${mib(most(({ heldBytes }) => heldBytes, deliveries)).trim()} MiB held and ` +
      `${mib(most(({ rssBytes }) => rssBytes, deliveries)).trim()} MiB of RSS\n`,
  ].join('\n');
}
