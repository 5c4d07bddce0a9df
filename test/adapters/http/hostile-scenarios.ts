/** What a destination can do to an attempt, and what the attempt then has to come to. */
import { gzipSync } from 'node:zlib';
import type { CallResult } from '../../../lib/app/ports-sending.ts';
import type { AttemptOutcome } from '../../../lib/domain/delivery.ts';
import { answer, head, type Step } from '../../fakes/destination.ts';

export interface Scenario {
  readonly name: string;
  /** Over plain TCP, over TLS, or over both in turn. */
  readonly over: readonly ('http' | 'https')[];
  /** After a whole request; with `at: 'connect'` as soon as somebody connects, before any TLS. */
  readonly steps: readonly Step[];
  readonly at?: 'request' | 'connect';
  readonly timeoutMs?: number;
  readonly error: CallResult['error'];
  readonly detail?: string;
  readonly statusCode?: number;
  readonly outcome: AttemptOutcome;
}

const BOTH = ['http', 'https'] as const;
const TLS = ['https'] as const;
const HANG: Step = { kind: 'hang' };
const RESET: Step = { kind: 'reset' };
const END: Step = { kind: 'end' };
/** So that the bytes before it are on their way before a reset takes everything along. */
const PAUSE: Step = { kind: 'wait', ms: 30 };

const HUNG_MS = 400;
/** Long enough for two bytes at one a second. */
const TRICKLE_MS = 1_500;
const PATIENT_MS = 5_000;
const EVERY_SECOND = 1_000;

function write(data: string | Uint8Array): Step {
  return { kind: 'write', data };
}

function trickle(data: string): Step {
  return { kind: 'trickle', data, everyMs: EVERY_SECOND };
}

function flood(data: string | Uint8Array): Step {
  return { kind: 'flood', data };
}

type Rest = Omit<Scenario, 'name' | 'over' | 'steps' | 'error' | 'detail' | 'outcome'>;

/** An attempt without a whole answer, which is always tried again. */
function failing(
  name: string,
  [error, detail]: readonly [NonNullable<CallResult['error']>, string],
  steps: readonly Step[],
  rest: Rest & { readonly over?: Scenario['over'] } = {},
): Scenario {
  return { name, over: BOTH, steps, error, detail, outcome: 'retryable', ...rest };
}

function answering(
  name: string,
  statusCode: number,
  outcome: AttemptOutcome,
  steps: readonly Step[],
): Scenario {
  return { name, over: BOTH, steps, error: null, statusCode, outcome, timeoutMs: PATIENT_MS };
}

const hung = { timeoutMs: HUNG_MS };
const slow = { timeoutMs: TRICKLE_MS };
const patient = { timeoutMs: PATIENT_MS };
const seen = (statusCode: number, rest: Rest) => ({ ...rest, statusCode });
const NO_HEADERS = ['timeout', 'response_timeout'] as const;
const NO_BODY = ['timeout', 'body_timeout'] as const;
const TOO_LARGE = ['body-too-large', 'body_too_large'] as const;
const HEADERS = ['body-too-large', 'headers_too_large'] as const;
const LOST = ['reset', 'connection_lost'] as const;
const MALFORMED = ['reset', 'answer_malformed'] as const;
const HANDSHAKE = '\u0016\u0003\u0003\u0000\u007a\u0002';

const chunked = head(200, { 'transfer-encoding': 'chunked' });
const gzipped = gzipSync(Buffer.alloc(50 * 1_024 * 1_024));
const shortHeaders = Array.from({ length: 8_000 }, (_, at) => `a${at}: b\r\n`).join('');

const SLOW: readonly Scenario[] = [
  failing('TLS hung', ['timeout', 'tls_timeout'], [HANG], { over: TLS, at: 'connect', ...hung }),
  failing('TLS at 1 B/s', ['timeout', 'tls_timeout'], [trickle(HANDSHAKE)], {
    over: TLS,
    at: 'connect',
    ...slow,
  }),
  failing('headers hung', NO_HEADERS, [HANG], hung),
  failing('headers hung half-way', NO_HEADERS, [write('HTTP/1.1 200 OK\r\nx: '), HANG], hung),
  failing('headers at 1 B/s', NO_HEADERS, [trickle(head(200))], slow),
  failing('body hung', NO_BODY, [write(head(200)), HANG], seen(200, hung)),
  failing(
    'body at 1 B/s',
    NO_BODY,
    [write(head(200, { 'content-length': '9' })), trickle('x'.repeat(9))],
    seen(200, slow),
  ),
  failing('chunks at 1 B/s', NO_BODY, [write(chunked), trickle('1\r\nx\r\n')], seen(200, slow)),
  failing('a 1xx each second', NO_HEADERS, [write(head(102)), PAUSE, write(head(102)), HANG], hung),
];

const LARGE: readonly Scenario[] = [
  failing(
    'endless body',
    TOO_LARGE,
    [write(head(200)), flood('x'.repeat(65_536))],
    seen(200, patient),
  ),
  failing(
    'endless chunks',
    TOO_LARGE,
    [write(chunked), flood(`1000\r\n${'x'.repeat(4_096)}\r\n`)],
    seen(200, patient),
  ),
  failing(
    'endless chunks of 1 byte',
    ['reset', 'too_many_pieces'],
    [write(chunked), flood('1\r\nx\r\n'.repeat(9_999))],
    seen(200, patient),
  ),
  failing(
    'a body said to have 10 GiB',
    TOO_LARGE,
    [write(head(200, { 'content-length': '10737418240' })), flood('x'.repeat(65_536))],
    seen(200, patient),
  ),
  failing(
    'endless chunk extension',
    MALFORMED,
    [write(`${chunked}1;a=`), flood('x'.repeat(4_096))],
    seen(200, patient),
  ),
  failing('one header of 64 KiB', HEADERS, [write(head(200, { a: 'x'.repeat(65_536) }))], patient),
  failing('8,000 headers', HEADERS, [write(`HTTP/1.1 200 OK\r\n${shortHeaders}`)], patient),
  failing(
    'endless headers',
    HEADERS,
    [write('HTTP/1.1 200 OK\r\n'), flood('a: b\r\n'.repeat(64))],
    patient,
  ),
  failing(
    'endless trailers',
    HEADERS,
    [write(`${chunked}0\r\n`), flood('a: b\r\n'.repeat(64))],
    seen(200, patient),
  ),
  failing('1xx flood', ['reset', 'too_many_informational'], [flood(head(103))], patient),
  answering('gzip bomb, 50 MiB inflated', 200, 'success', [
    write(head(200, { 'content-encoding': 'gzip', 'content-length': String(gzipped.length) })),
    write(gzipped),
  ]),
];

const BROKEN: readonly Scenario[] = [
  failing('reset before headers', LOST, [RESET], patient),
  failing('reset within headers', LOST, [write('HTTP/1.1 200 OK\r\nx'), PAUSE, RESET], patient),
  failing(
    'reset after headers',
    LOST,
    [write(head(200, { 'content-length': '9' })), PAUSE, RESET],
    seen(200, patient),
  ),
  failing('half-close before headers', LOST, [END], patient),
  failing('half-close within headers', LOST, [write('HTTP/1.1 200 OK\r\nx'), END], patient),
  failing(
    'half-close within a body',
    LOST,
    [write(`${head(200, { 'content-length': '9' })}abc`), END],
    seen(200, patient),
  ),
  failing(
    'half-close within a chunk',
    LOST,
    [write(`${chunked}9\r\nabc`), END],
    seen(200, patient),
  ),
  failing('status line without status', MALFORMED, [write('HTTP/1.1 \r\n\r\n')], patient),
  failing('status line with letters', MALFORMED, [write('HTTP/1.1 2x0 OK\r\n\r\n')], patient),
  failing('another protocol', MALFORMED, [write('220 smtp.example.com ESMTP\r\n')], patient),
  failing(
    'two lengths',
    MALFORMED,
    [write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab')],
    patient,
  ),
  failing(
    'a length and chunks',
    MALFORMED,
    [write(head(200, { 'content-length': '1', 'transfer-encoding': 'chunked' }))],
    patient,
  ),
];

/** `{trap}` is a listener that must never be reached. */
const location = 'https://{trap}/latest/meta-data/';
const ANSWERED: readonly Scenario[] = [
  answering('304', 304, 'permanent', [write(head(304))]),
  answering('101', 101, 'permanent', [write(head(101, { upgrade: 'h2c', connection: 'upgrade' }))]),
  answering('302 to an inner address', 302, 'permanent', answer(302, '', { location })),
  answering('307 to an inner address', 307, 'permanent', answer(307, '', { location })),
  answering('200 with Refresh', 200, 'success', answer(200, '', { refresh: `0;url=${location}` })),
  answering('204', 204, 'success', [write(head(204))]),
  answering('503', 503, 'retryable', answer(503)),
];

export const SCENARIOS: readonly Scenario[] = [...SLOW, ...LARGE, ...BROKEN, ...ANSWERED];
