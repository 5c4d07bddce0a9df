import type { Ledger } from './ledger.ts';
import type { Exchange, Listener } from './relay.ts';

/** SQS bills every 64 KiB begun of what a request carries as a request of its own. */
const BILLED_BYTES = 65_536;

/** Counts requests as SQS bills them; those that found nothing are told apart. */
export function sqsMeter(ledger: Ledger): Listener {
  return {
    prepare: (_, input) => input,
    async observe(exchange) {
      const { caller, operation, input, output } = exchange;
      const bytes = bytesOf(exchange);
      const messages = output.Messages as readonly unknown[] | undefined;
      const isEmpty = operation === 'ReceiveMessage' && (messages ?? []).length === 0;
      const queue = String(input.QueueUrl).split('/').at(-1) ?? '';
      ledger.add({
        caller,
        operation: isEmpty ? `${operation} (empty)` : operation,
        kind: 'sqs',
        shares: [{ resource: queue, partition: queue, units: requestsFor(bytes) }],
        bytes,
      });
      return output;
    },
  };
}

export function requestsFor(bytes: number): number {
  return Math.max(Math.ceil(bytes / BILLED_BYTES), 1);
}

function bytesOf({ input, output }: Exchange): number {
  const sent = (input.Entries ?? []) as readonly { readonly MessageBody?: string }[];
  const received = (output.Messages ?? []) as readonly { readonly Body?: string }[];
  return [...sent.map((entry) => entry.MessageBody), ...received.map((message) => message.Body)]
    .map((body) => Buffer.byteLength(body ?? ''))
    .reduce((total, bytes) => total + bytes, 0);
}
