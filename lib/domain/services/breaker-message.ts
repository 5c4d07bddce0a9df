import { PRIMARY_TARGET } from '../breaker.ts';
import { FALLBACK_LINKS_MAX } from '../fallback.ts';
import { isJsonObject } from '../merge-patch.ts';
import { targetName } from '../target.ts';
import type { Fact } from './facts.ts';
import type { EventDocument, Message, Severity } from './message.ts';
import { oneLine } from './text.ts';

interface Moved {
  readonly words: string;
  readonly severity: Severity;
  readonly isOver: boolean;
}

const MOVED: Readonly<Record<string, Moved>> = {
  'breakwater.breaker.opened': { words: 'opened', severity: 'error', isOver: false },
  'breakwater.breaker.half-opened': { words: 'is half-open', severity: 'warning', isOver: false },
  'breakwater.breaker.closed': { words: 'closed', severity: 'info', isOver: true },
  'breakwater.breaker.tripped': {
    words: 'was tripped by hand',
    severity: 'warning',
    isOver: false,
  },
  'breakwater.breaker.disabled': { words: 'was disabled', severity: 'warning', isOver: true },
};

/** What a transition of a circuit breaker says; undefined for any other event. */
export function breakerMessage({ type, timestamp, data }: EventDocument): Message | undefined {
  const moved = Object.hasOwn(MOVED, type) ? MOVED[type] : undefined;
  if (moved === undefined || !isJsonObject(data)) return undefined;
  const { integration, breaker } = data;
  if (!isJsonObject(integration) || !isJsonObject(breaker)) return undefined;
  const name = wordOf(integration.name);
  const until = typeof breaker.openUntil === 'string' ? breaker.openUntil : undefined;
  const next = until === undefined ? '' : `; next try ${clockTime(until, timestamp)}`;
  const why = wordOf(breaker.reason).replace(/\.$/, '');
  const number = fallbackNumber(breaker.target);
  const target = number === PRIMARY_TARGET ? '' : ` of fallback ${number}`;
  return {
    title: `${name}: circuit breaker${target} ${moved.words} — ${why}${next}`,
    facts: factsOfBreaker(breaker),
    isCut: false,
    severity: moved.severity,
    subject: `breaker-${wordOf(integration.id)}-${number}`,
    isOver: moved.isOver,
    source: name,
  };
}

/** `fallback:2` as 2, anything else as the integration's own endpoint. */
function fallbackNumber(target: unknown): number {
  const numbers = Array.from({ length: FALLBACK_LINKS_MAX }, (_, i) => i + 1);
  return numbers.find((number) => targetName(number) === target) ?? PRIMARY_TARGET;
}

function factsOfBreaker({ from, to, actor, window }: Readonly<Record<string, unknown>>): Fact[] {
  const { calls, failures, slow } = isJsonObject(window) ? window : {};
  const told = `${wordOf(calls)}, of which ${wordOf(failures)} failed and ${wordOf(slow)} were slow`;
  return [
    { name: 'State', value: `${wordOf(from)} → ${wordOf(to)}` },
    ...(typeof calls === 'number' ? [{ name: 'Calls', value: told }] : []),
    { name: 'By', value: wordOf(actor) },
  ];
}

/** An event of such a type may be anybody's, and hold anything: an object may be no text at all. */
function wordOf(value: unknown): string {
  return oneLine(typeof value === 'object' ? '' : String(value));
}

/** `12:00:30 UTC`, with the day where it is another than that of `now`; both are RFC 3339, UTC. */
function clockTime(at: string, now: string): string {
  const [day = '', time = ''] = oneLine(at).split('T');
  const clock = `${time.slice(0, 8)} UTC`;
  return now.startsWith(day) ? clock : `${day} ${clock}`;
}
