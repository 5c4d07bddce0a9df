/** Turns the log lines of functions into what a person reads at a terminal. */
import { FAULT_MESSAGE } from './faults/messages.ts';

type Entry = Readonly<Record<string, unknown>>;

/** One line to show, or undefined for lines that say nothing worth a look. */
export function readableLine(functionName: string, line: string): string | undefined {
  const entry = parseEntry(line);
  if (entry === undefined) return `${functionName}: ${line}`;
  if ('_aws' in entry) return undefined;
  const time = timeOf(entry.timestamp);
  switch (entry.message) {
    case 'delivery.attempted':
      return `${time} ${attempted(entry)}`;
    case 'event.accepted':
      return `${time} + ${entry.type} accepted for ${counted(entry.targets)} (${entry.eventId})`;
    case FAULT_MESSAGE:
      return `${time} ~ ${entry.fault} at ${entry.at}${entry.table ? ` (${entry.table})` : ''}`;
  }
  if (entry.level !== 'WARN' && entry.level !== 'ERROR' && entry.level !== 'CRITICAL') {
    return undefined;
  }
  return `${time} ! ${String(entry.level).toLowerCase()} in ${functionName}: ${details(entry)}`;
}

/** The figures of a line in CloudWatch's embedded metric format; undefined for other lines. */
export function metricsOf(line: string): Readonly<Record<string, number>> | undefined {
  const entry = parseEntry(line);
  if (entry === undefined || !('_aws' in entry)) return undefined;
  const { CloudWatchMetrics = [] } = entry._aws as EmbeddedMetrics;
  const names = CloudWatchMetrics.flatMap(({ Metrics = [] }) => Metrics.map(({ Name }) => Name));
  return Object.fromEntries(
    names.map((name) => [name, [entry[name]].flat().reduce<number>(sum, 0)]),
  );
}

interface EmbeddedMetrics {
  readonly CloudWatchMetrics?: readonly {
    readonly Metrics?: readonly { readonly Name: string }[];
  }[];
}

function sum(total: number, value: unknown): number {
  return total + Number(value);
}

function parseEntry(line: string): Entry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return undefined;
  }
}

/** `✓ invoice.paid → billing-erp delivered: 200 in 12 ms (attempt 1, evt_1)` */
function attempted(entry: Entry): string {
  const { type, integration, status, statusCode, error, latencyMs, attempt, eventId } = entry;
  const mark = status === 'delivered' ? '✓' : '✗';
  // A status that came with an error is not what went wrong: `http` says just that it was one.
  const verdict = statusCode ?? error ?? entry.outcome;
  const cause = error === null || error === 'http' || verdict === error ? '' : ` ${String(error)}`;
  const next =
    typeof entry.nextAttemptAt === 'string' ? `, next at ${timeOf(entry.nextAttemptAt)}` : '';
  return (
    `${mark} ${type} → ${integration ?? entry.integrationId} ${status}: ` +
    `${verdict}${error === undefined ? '' : cause} in ${latencyMs} ms (attempt ${attempt}, ${eventId})${next}`
  );
}

function counted(targets: unknown): string {
  return targets === 1 ? '1 integration' : `${targets} integrations`;
}

/** What Powertools adds to every line; the terminal has no use for it. */
const USUAL = new Set(
  (
    'level message timestamp service stage cold_start function_arn function_memory_size ' +
    'function_name function_request_id sampling_rate xray_trace_id requestId'
  ).split(' '),
);

function details(entry: Entry): string {
  const fields = Object.entries(entry)
    .filter(([name]) => !USUAL.has(name))
    .map(([name, value]) => `${name}=${shown(value)}`);
  return [String(entry.message), ...fields].join(' ');
}

/** Quoted where it could be mistaken, so that nothing logged can move the cursor. */
function shown(value: unknown): string {
  if (typeof value === 'string' && /^[\w.:/#-]+$/.test(value)) return value;
  if (typeof value !== 'object' || value === null || !('message' in value)) {
    return JSON.stringify(value);
  }
  const { name, message } = value as { readonly name?: unknown; readonly message: unknown };
  return JSON.stringify(`${String(name ?? 'Error')}: ${String(message)}`);
}

/** Local time of day; dates are for files. */
function timeOf(timestamp: unknown): string {
  const at = new Date(typeof timestamp === 'string' ? timestamp : Date.now());
  const two = (value: number) => String(value).padStart(2, '0');
  const millis = String(at.getMilliseconds()).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${millis}`;
}
