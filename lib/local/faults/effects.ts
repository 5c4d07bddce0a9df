import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Drawn } from './dice.ts';
import type { Service } from './messages.ts';

/** An HTTP request as the SDK's middlewares hand it on to be sent, signed and all. */
export interface SentRequest {
  readonly body?: string | Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

interface SentArgs {
  readonly request: SentRequest;
}

interface Heard {
  readonly response: {
    readonly statusCode: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
}

/** Sends a request and gets its answer, not parsed yet. */
export type Handle = (args: SentArgs) => Promise<Heard>;

/** How long the clients in lib/adapters wait for an answer. */
export const GIVES_UP_MS: Readonly<Record<Service, number>> = {
  dynamodb: 3_000,
  sqs: 1_500,
  secrets: 3_000,
};
/** A slow request takes up to this long. */
const SLOW_MS_MAX = 8_000;

/** What becomes of one request when this goes wrong with it; nothing happens but by `next`. */
export async function suffer(
  service: Service,
  { kind, amount }: Drawn,
  next: Handle,
  args: SentArgs,
): Promise<Heard> {
  switch (kind) {
    case 'dynamodb-throttle':
      // A table on demand throttles by either name.
      return amount < 0.5
        ? refused(400, 'ProvisionedThroughputExceededException', 'The table is over its capacity.')
        : refused(400, 'ThrottlingException', 'Rate of requests exceeds the limit.');
    case 'sqs-throttled':
    case 'secrets-down':
      return refused(400, 'ThrottlingException', 'Rate exceeded');
    case 'dynamodb-lost-before':
    case 'sqs-lost-before':
      return unanswered(service, amount);
    case 'dynamodb-lost-after':
    case 'sqs-lost-after':
      await unheard(next, args);
      // Of the ways to lose an answer that was on its way, the last is to get another.
      return amount < 0.5
        ? refused(500, 'InternalServerError', 'Internal server error')
        : unanswered(service, 2 * amount - 1);
    case 'dynamodb-slow':
    case 'sqs-slow':
      return sentSlowly(service, SLOW_MS_MAX * amount, next, args);
    case 'sqs-partial':
      return partly(amount, next, args);
    default:
      throw new Error(`The drill does not know how to do ${kind}`);
  }
}

/** The service's answer, for the SDK to make its own error of. */
function refused(statusCode: number, code: string, message: string): Heard {
  return answer(statusCode, { __type: `com.amazonaws#${code}`, message });
}

function answer(statusCode: number, content: object): Heard {
  const headers = { 'content-type': 'application/x-amz-json-1.0' };
  return { response: { statusCode, headers, body: Buffer.from(JSON.stringify(content)) } };
}

/** As the SDK's HTTP handler fails: the connection broke, or nothing came in time. */
async function unanswered(service: Service, amount: number): Promise<never> {
  if (amount < 0.5) {
    throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
  }
  return late(service);
}

async function late(service: Service): Promise<never> {
  await sleep(GIVES_UP_MS[service]);
  throw Object.assign(new Error('Request timed out.'), { name: 'TimeoutError' });
}

async function sentSlowly(
  service: Service,
  tookMs: number,
  next: Handle,
  args: SentArgs,
): Promise<Heard> {
  if (tookMs < GIVES_UP_MS[service]) {
    await sleep(tookMs);
    return next(args);
  }
  // It arrives after its sender has asked again, or once it is thawed: in a later invocation.
  setTimeout(() => void unheard(next, args).catch(() => undefined), tookMs);
  return late(service);
}

/** Done, whatever came of it; the body is read, for the socket to be of use again. */
async function unheard(next: Handle, args: SentArgs): Promise<void> {
  const { response } = await next(args);
  await contentOf(response);
}

interface Batch {
  readonly Entries: readonly { readonly Id: string }[];
}

interface BatchAnswer {
  readonly Successful?: readonly object[];
  readonly Failed?: readonly object[];
}

/** At least one entry is refused by the service, the others are taken. */
async function partly(amount: number, next: Handle, args: SentArgs): Promise<Heard> {
  const batch = JSON.parse(textOf(args.request.body)) as Batch;
  const count = Math.max(1, Math.ceil(batch.Entries.length * amount));
  const refusals = batch.Entries.slice(0, count).map(({ Id }) => ({
    ...{ Id, SenderFault: false, Code: 'InternalError', Message: 'Internal error' },
  }));
  const Entries = batch.Entries.slice(count);
  if (Entries.length === 0) return answer(200, { Successful: [], Failed: refusals });
  const { response } = await next(withBody(args, JSON.stringify({ ...batch, Entries })));
  const content = await contentOf(response);
  if (response.statusCode !== 200) return { response: { ...response, body: content } };
  const { Successful = [], Failed = [] } = JSON.parse(textOf(content)) as BatchAnswer;
  return answer(200, { Successful, Failed: [...Failed, ...refusals] });
}

/** Its signature is not good any more: the stand-ins ask for none. */
function withBody(args: SentArgs, body: string): SentArgs {
  const headers = { ...args.request.headers, 'content-length': `${Buffer.byteLength(body)}` };
  const request = Object.create(Object.getPrototypeOf(args.request), {
    ...Object.getOwnPropertyDescriptors(args.request),
  });
  return { ...args, request: Object.assign(request, { headers, body }) };
}

async function contentOf({ body }: Heard['response']): Promise<Uint8Array> {
  if (body === undefined || body instanceof Uint8Array) return body ?? new Uint8Array();
  return buffer(body as NodeJS.ReadableStream);
}

export function textOf(body: string | Uint8Array = ''): string {
  // Not by Buffer.from: the SDK's bytes warn whoever takes them for a text first.
  return typeof body === 'string' ? body : new TextDecoder().decode(body);
}
