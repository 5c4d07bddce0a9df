import type { Scope } from '../domain/api-key.ts';
import type { Reply } from './reply.ts';
import type { HttpRequest, KeyedRequest } from './request.ts';

/** A route with its scope; `null` marks one that needs no key. */
export type Route =
  | {
      readonly scope: null;
      readonly bodyBytesMax?: number;
      answer(request: HttpRequest): Awaitable;
    }
  | {
      readonly scope: Scope;
      readonly bodyBytesMax?: number;
      /** Left out: an `Idempotency-Key` keeps refusals too, those below 500. */
      readonly keepsRefusals?: false;
      answer(request: KeyedRequest): Awaitable;
    };

type Awaitable = Reply | Promise<Reply>;
