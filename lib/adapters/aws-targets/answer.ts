import type { Outcome } from '../http/exchange.ts';
import {
  codeOf,
  connectFailure,
  type Failure,
  failure,
  lookupFailure,
  tlsFailure,
} from '../http/failure.ts';

/** What the answers and errors of SQS and EventBridge are to a delivery. */

export type Action = 'sqs:SendMessage' | 'events:PutEvents';

const DETAIL_CHARS_MAX = 512;

/** By the code of the error, the first that fits; what fits none keeps the status it came with. */
const STATUSES: readonly (readonly [code: RegExp, status: number])[] = [
  [/AccessDenied|NotAuthorized/, 403],
  [/QueueDoesNotExist|NonExistentQueue|ResourceNotFound/, 404],
  [/Throttl|TooManyRequests|RequestLimitExceeded/, 429],
  // Credentials of the function's own: nothing that its target could do anything about.
  [/^ExpiredToken|^RequestExpired|Signature|UnrecognizedClient|InvalidClientTokenId/, 503],
  [/^Internal/, 500],
];
const NOT_FOUND = 404;
/** An integration that answers 410 is disabled: no answer of AWS may mean that. */
const GONE = 410;

/** What was taken, under the id that the service gave it. */
export function taken(answer: Readonly<Record<string, string | undefined>>): Outcome {
  return {
    statusCode: 200,
    error: null,
    responseHeaders: {},
    responseBody: JSON.stringify(answer),
  };
}

/** An entry that PutEvents refused: its answer as a whole is 200 all the same. */
export function refusedEntry(code: string | undefined, message: string | undefined): Outcome {
  return refused({ code: code ?? 'InternalFailure', message, status: 400 }, 'events:PutEvents');
}

/** Undefined where the service has not answered. */
export function refusalOf(error: unknown, action: Action): Outcome | undefined {
  const { name, message, $metadata } = (error ?? {}) as Partial<Error> & Answered;
  const status = $metadata?.httpStatusCode;
  // A 2xx that came to nothing is an answer that could not be read.
  if (status === undefined || status < 300) return undefined;
  return refused({ code: name ?? 'Unknown', message, status }, action);
}

interface Answered {
  readonly $metadata?: { readonly httpStatusCode?: number };
}

interface Refusal {
  readonly code: string;
  readonly message: string | undefined;
  readonly status: number;
}

function refused({ code, message, status }: Refusal, action: Action): Outcome {
  const known = STATUSES.find(([pattern]) => pattern.test(code))?.[1] ?? status;
  const statusCode = known === GONE ? NOT_FOUND : known;
  return {
    statusCode,
    error: null,
    responseHeaders: {},
    responseBody: JSON.stringify({ error: code, message: words(statusCode, action, message) }),
    detail: 'aws_refused',
  };
}

/** In the place of AWS's own words, which name roles and accounts. */
function words(status: number, action: Action, message = ''): string {
  switch (status) {
    case 403:
      return (
        `The functions of this deployment lack ${action} on this target: list its ARN in the ` +
        'setting targetArns and deploy. A queue with a KMS key of its own needs kms:Decrypt and ' +
        "kms:GenerateDataKey for them in that key's policy."
      );
    case 404:
      return 'There is no such target in its account and region.';
    default:
      return message
        .replaceAll(/arn:[^\s"']*/g, 'arn:…')
        .replaceAll(/\b\d{12}\b/g, '…')
        .slice(0, DETAIL_CHARS_MAX);
  }
}

const LOOKUP = /^(ENOTFOUND|ENODATA|EAI_)/;
const CONNECT = /^(ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/;
const TLS = /^(CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO|INVALID_|ERR_TLS_|ERR_SSL_|EPROTO$)/;

/** Why there was no answer. */
export function failureOf(error: unknown): Failure {
  const code = codeOf(error);
  if (LOOKUP.test(code)) return lookupFailure(error);
  if (CONNECT.test(code)) return connectFailure(error);
  if (TLS.test(code)) return tlsFailure(error);
  // The SDK calls a connection that was lost a timeout as well; that one has the system's code.
  const isLate = code === '' && error instanceof Error && error.name === 'TimeoutError';
  return isLate ? failure('timeout', 'aws_timeout') : failure('reset', 'aws_no_answer');
}
