import { failedMessages } from '../../../lib/local/batch-answer.ts';
import { md5, systemAttributes } from '../../../lib/local/sqs-attributes.ts';
import type { Received } from '../../../lib/local/sqs-message.ts';
import type { NamedQueue } from '../../../lib/local/sqs-service.ts';
import type { Simulation } from '../kernel/simulate.ts';
import { type ModelSqs, PLACE } from '../sqs/model.ts';
import { longestChain } from './chain.ts';
import type { ModelFunction, Result } from './function.ts';

export interface Mapping {
  readonly queue: NamedQueue;
  readonly fn: ModelFunction;
  readonly batchSize: number;
  readonly windowMs: number;
  /** Batches at the same time: without it as many as the function may have instances. */
  readonly concurrencyMax?: number;
  readonly reportsFailures: boolean;
}

export interface EventSource {
  /** While it is off it takes nothing; batches in hand are finished. */
  isOn: boolean;
}

const KINDS = ['poller-died', 'unacknowledged', 'batch-twice'];
const POLL_MS_MAX = 50;
const RECEIVE_MAX = 10;
const DOWN_RETRY_MS = 5_000;

/**
 * Hands the messages of a queue to a function. Faults: `poller-died`, a batch that was received and
 * goes nowhere; `unacknowledged`, a batch that was worked on and is not deleted; `batch-twice`, a
 * batch that two invocations work on side by side. What failed comes again when its visibility
 * timeout is over, its receive counted.
 */
export function eventSource(simulation: Simulation, sqs: ModelSqs, mapping: Mapping): EventSource {
  const { queue, fn, batchSize, windowMs } = mapping;
  if (queue.settings.visibilityTimeoutSeconds * 1000 < fn.spec.timeoutMs) {
    throw new Error(`${queue.name}: a visibility timeout below that of ${fn.spec.name}.`);
  }
  const { clock } = simulation.world;
  const draws = simulation.draws(`poller/${queue.name}`);
  const batchesMax = mapping.concurrencyMax ?? fn.spec.concurrencyMax;
  let gathered: Received[] = [];
  let inHand = 0;
  let isOn = true;
  let isPlanned = false;
  let looksAtMs = Number.POSITIVE_INFINITY;

  function look() {
    if (isPlanned || !isOn) return;
    isPlanned = true;
    clock.after(draws.unit() * POLL_MS_MAX, () => {
      isPlanned = false;
      poll();
    });
  }
  function lookAt(atMs: number) {
    if (atMs >= looksAtMs) return;
    looksAtMs = atMs;
    clock.after(atMs - clock.nowMs(), () => {
      if (looksAtMs === atMs) looksAtMs = Number.POSITIVE_INFINITY;
      look();
    });
  }
  function poll() {
    while (isOn && inHand < batchesMax) {
      const max = Math.min(RECEIVE_MAX, batchSize - gathered.length);
      const messages = sqs.service.take(queue, max);
      if (messages.length === 0) break;
      if (gathered.length === 0 && windowMs > 0) clock.after(windowMs, flush);
      gathered.push(...messages);
      if (windowMs === 0 || gathered.length >= batchSize) flush();
    }
    if (sqs.service.outage) lookAt(clock.nowMs() + DOWN_RETRY_MS);
    else if (inHand < batchesMax) lookAt(queue.nextVisibleAtMs() ?? Number.POSITIVE_INFINITY);
  }
  function flush() {
    const batch = gathered;
    gathered = [];
    if (batch.length > 0) hand(batch);
  }
  function hand(batch: readonly Received[]) {
    const fault = simulation.fault(`poller/${queue.name}`, KINDS)?.kind;
    if (fault === 'poller-died') return;
    if (fault === 'batch-twice') invoke(batch, (result) => settle(batch, result));
    invoke(batch, (result) => {
      if (fault !== 'unacknowledged') settle(batch, result);
    });
  }
  function invoke(batch: readonly Received[], onResult: (result: Result) => void) {
    inHand += 1;
    const chain = longestChain(
      batch.map(({ traceHeader }) => traceHeader),
      fn.spec.name,
    );
    fn.invoke({ Records: batch.map((one) => toRecord(one, queue.arn)) }, chain, (result) => {
      inHand -= 1;
      onResult(result);
      look();
    });
  }
  function settle(batch: readonly Received[], result: Result) {
    const ids = batch.map(({ id }) => id);
    const failed = failedMessages(result, ids, mapping.reportsFailures);
    // Down as it is, the request is lost; the messages come again.
    if (sqs.service.outage) return;
    for (const { id, receiptHandle } of batch) if (!failed.has(id)) queue.remove(receiptHandle);
  }

  sqs.service.onChange(queue, look);
  look();
  return {
    get isOn() {
      return isOn;
    },
    set isOn(next) {
      isOn = next;
      look();
    },
  };
}

function toRecord(message: Received, eventSourceARN: string) {
  return {
    messageId: message.id,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: systemAttributes(message),
    messageAttributes: {},
    md5OfBody: md5(message.body),
    eventSource: 'aws:sqs',
    eventSourceARN,
    awsRegion: PLACE.region,
  };
}
