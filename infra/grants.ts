import type { Queues } from './queues.ts';
import type { Secrets } from './secrets.ts';
import type { ServiceFunction } from './service-function.ts';
import type { FunctionName } from './settings.ts';
import type { Storage } from './storage.ts';

export interface Granted {
  readonly storage: Storage;
  readonly queues: Queues;
  readonly secrets: Secrets;
}

/** Who may do what, in one place: a function gets what its use cases do and nothing more. */
export function grant(
  functions: Readonly<Record<FunctionName, ServiceFunction>>,
  { storage, queues, secrets }: Granted,
): void {
  const { authorize, api, publish, receive, deliver, fanOut, tick, firstKey } = functions;

  storage.letVerifyKeys(authorize);
  storage.letStoreFirstKey(firstKey);
  storage.letManageRegistry(api);
  for (const fn of [publish, receive, tick]) storage.letReadRegistry(fn);
  // A 410 disables the integration.
  storage.letDisableIntegrations(deliver);

  storage.letReadEvents(fanOut);
  for (const fn of [api, publish, receive, deliver, tick]) storage.letRecordHistory(fn);
  // The API begins a sweep at once, of what is held or waiting; the tick takes over what is left.
  for (const fn of [api, tick]) storage.letListHistory(fn);
  for (const fn of [api, tick]) storage.letFindDue(fn);

  for (const fn of [api, publish, receive]) storage.letClaim(fn);
  storage.letKeepProgress(tick);

  for (const fn of [api, publish, receive, deliver, fanOut, tick]) queues.delivery.letSend(fn);
  for (const fn of [api, publish, receive]) queues.fanOut.letSend(fn);
  // Readiness asks whether the queue is there.
  queues.delivery.letInspect(api);

  for (const fn of [authorize, api, firstKey]) secrets.letReadPepper(fn);
  secrets.letKeepAdminKey(firstKey);
}
