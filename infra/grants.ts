import type { DigestKey } from './digest-key.ts';
import type { Queues } from './queues.ts';
import type { Secrets } from './secrets.ts';
import type { ServiceFunction } from './service-function.ts';
import type { FunctionName } from './settings.ts';
import type { Storage } from './storage.ts';
import { letSendToTargets, type Targets } from './targets.ts';

export interface Granted {
  readonly storage: Storage;
  readonly queues: Queues;
  readonly secrets: Secrets;
  readonly digestKey: DigestKey;
  readonly targets: Targets;
}

type Running = Readonly<Record<FunctionName, ServiceFunction>>;

/** Who may do what, in one place: a function gets what its use cases do and nothing more. */
export function grant(functions: Running, granted: Granted): void {
  const { storage, queues, secrets, digestKey, targets } = granted;
  const { authorize, api, call, receive, deliver, tick, firstKey } = functions;
  grantRegistry(functions, storage);
  grantHistory(functions, storage);
  grantState(functions, storage);
  grantQueues(functions, queues);
  grantAudit(functions, storage);
  digestKey.letSign(tick);
  digestKey.letCheck(api);
  for (const fn of [authorize, api, call, firstKey]) secrets.letReadPepper(fn);
  secrets.letKeepAdminKey(firstKey);
  secrets.letSealAndOpen(api);
  // The tick opens the address of a health check.
  for (const fn of [call, deliver, tick]) secrets.letOpen(fn, 'integration');
  secrets.letOpen(receive, 'source');
  // Deliveries, and the test call.
  for (const fn of [api, deliver]) letSendToTargets(fn, targets);
}

function grantRegistry(functions: Running, storage: Storage): void {
  const { authorize, api, call, publish, receive, deliver, tick, work, firstKey } = functions;
  storage.letVerifyKeys(authorize);
  storage.letStoreFirstKey(firstKey);
  storage.letManageRegistry(api);
  // Those that move breakers tell of it by events, and so read routes as a publisher does; work
  // moves none, and reads integrations.
  for (const fn of [call, publish, receive, deliver, tick]) storage.letReadRegistry(fn);
  storage.letLookUpIntegrations(work);
  // A 410 disables the integration.
  storage.letDisableIntegrations(deliver);
}

function grantHistory(functions: Running, storage: Storage): void {
  const { api, call, publish, receive, deliver, fanOut, tick, work } = functions;
  storage.letReadEvents(fanOut);
  for (const fn of [api, call, publish, receive, deliver, tick, work]) storage.letRecordHistory(fn);
  // The API begins a sweep at once, of what is held or waiting; tick and work take over the rest.
  for (const fn of [api, tick, work]) storage.letListHistory(fn);
  for (const fn of [api, tick]) storage.letListPending(fn);
  // After a good probe deliver, or a call, lets go the next one that is held.
  for (const fn of [api, call, deliver, tick, work]) storage.letFindDue(fn);
}

function grantState(functions: Running, storage: Storage): void {
  const { authorize, api, call, publish, receive, deliver, fanOut, tick, work } = functions;
  const rows = storage.stateRows;
  storage.letGuardKeys(authorize);
  for (const fn of [api, call, publish]) rows.letClaim(fn);
  rows.letDeduplicate(receive);
  rows.letKeepCallAnswers(call);
  // What is received, called or told of breakers has no key to be ordered by.
  rows.letStandInLine(publish);
  for (const fn of [api, work]) rows.letStandInLineAgain(fn);
  rows.letKeepLines(deliver);
  rows.letKeepProgress(tick);
  rows.letWatchHealth(api);
  rows.letOrderJobs(api);
  rows.letRunJobs(work);
  for (const fn of [api, call, publish, receive, deliver, fanOut, tick]) storage.letSeeBoard(fn);
  for (const fn of [api, call, deliver, tick]) rows.letMoveBreakers(fn);
  rows.letLookAtBreakers(work);
  for (const fn of [call, deliver, work]) rows.letTakeFromLimits(fn);
  for (const fn of [api, call, deliver, tick, work]) rows.letStartDrains(fn);
  for (const fn of [tick, work]) rows.letEndDrains(fn);
  rows.letReadBreakerHistory(api);
}

function grantAudit(functions: Running, storage: Storage): void {
  const { authorize, api, deliver, tick, firstKey } = functions;
  storage.letAppendAudit(authorize);
  // A 410 disables the integration; the first key is made by nobody's.
  for (const fn of [api, deliver, firstKey]) storage.letAuditChanges(fn);
  storage.letCompleteAudit(tick);
  storage.letSignAudit(tick);
  storage.letListAudit(api);
}

function grantQueues(functions: Running, queues: Queues): void {
  const { api, call, publish, receive, deliver, fanOut, tick, work } = functions;
  for (const fn of [api, call, publish, receive, deliver, fanOut, tick]) {
    queues.delivery.letSend(fn);
    queues.slow.letSend(fn);
  }
  // What is held is let go by a drain's step, by a probe that went well, and by the tick.
  for (const fn of [call, deliver, tick, work]) queues.drain.letSend(fn);
  for (const fn of [api, call, deliver, tick, work]) queues.work.letSend(fn);
  for (const fn of [api, call, publish, receive, deliver, tick]) queues.fanOut.letSend(fn);
  // Readiness asks whether the queue is there.
  queues.delivery.letInspect(api);
}
