import { type ReceiveDeps, receiveInbound } from '../../app/receive-inbound.ts';
import { notFound } from '../../domain/errors.ts';
import { EVENT_BYTES_MAX } from '../../domain/event.ts';
import { isSourceId } from '../../domain/ids.ts';
import type { Source } from '../../domain/source.ts';
import type { RouteOf } from '../../names.ts';
import type { Reply } from '../reply.ts';
import { type HttpRequest, param } from '../request.ts';
import type { Route } from '../route.ts';

/** Webhooks of others: no key, the signature over the raw bytes speaks for itself. */
export function receiveRoutes(deps: ReceiveDeps) {
  return {
    'ANY /in/{source}': {
      scope: null,
      bodyBytesMax: EVENT_BYTES_MAX,
      answer: (request) => receive(deps, request),
    },
  } as const satisfies Record<RouteOf<'receive'>, Route>;
}

async function receive(deps: ReceiveDeps, request: HttpRequest): Promise<Reply> {
  const id = param(request, 'source');
  if (!isSourceId(id)) throw notFound('source', id);
  const { method, path, rawQuery: query, headers, body, sourceIp } = request;
  const webhook = { method, path, query, headers, body, sourceIp };
  const received = await receiveInbound(deps, id, webhook);
  return answerOf(received.source) ?? { statusCode: 202, body: { id: received.published.id } };
}

/** The answer that the source's owner set, as JSON where it is some. */
function answerOf({ response }: Source): Reply | undefined {
  if (response === undefined) return undefined;
  const { statusCode, body: text } = response;
  if (text === '') return { statusCode };
  const type = isJson(text) ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8';
  return { statusCode, headers: { 'content-type': type }, text };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
