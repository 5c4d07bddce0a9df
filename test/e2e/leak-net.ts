import type { Exchange } from '../../lib/local/http-api.ts';
import type { LocalRun } from '../../lib/local/local-run.ts';
import { leaksIn, secretsHeard, shownTo } from './canaries.ts';
import { rowsOf } from './places.ts';

/** Keeps the secrets that were given to a gateway, or shown by it, and finds them elsewhere. */
export interface LeakNet {
  /** To be told of every exchange, whoever made the request and by what means. */
  hear(exchange: Exchange): void;
  /** Answers that may show no secret, each once. */
  readonly answers: readonly string[];
  /** Where of `texts` a secret is that was heard so far. */
  in(where: string, texts: readonly string[]): readonly string[];
  /** The same of all tables, attempts among them. */
  inTables(run: LocalRun): Promise<readonly string[]>;
  /** How much was looked through, and for how long. */
  report(): string;
}

export function leakNet(): LeakNet {
  /** By itself, where it was heard first. */
  const heard = new Map<string, string>();
  const answers = new Set<string>();
  let room = ANSWERS_CHARS_MAX;
  const cost = { texts: 0, chars: 0, ms: 0 };

  function lookIn(where: string, texts: readonly string[]): readonly string[] {
    const startedMs = cpuMs();
    const named = [...heard].map(([secret, from], at) => [`secret ${at} of ${from}`, secret]);
    const leaks = leaksIn(texts, Object.fromEntries(named));
    cost.texts += texts.length;
    cost.chars += texts.reduce((sum, text) => sum + text.length, 0);
    cost.ms += cpuMs() - startedMs;
    return leaks.map((leak) => `${where}: ${leak}`);
  }

  return {
    hear(exchange) {
      const { method, target } = exchange.request;
      for (const secret of secretsHeard(exchange)) {
        if (!heard.has(secret)) heard.set(secret, `${method} ${target.split('?', 1)[0]}`);
      }
      const shown = shownTo(exchange);
      if (shown === undefined || shown.length > room || answers.has(shown)) return;
      answers.add(shown);
      room -= shown.length;
    },
    get answers() {
      return [...answers];
    },
    in: lookIn,
    async inTables(run) {
      const startedMs = cpuMs();
      const rows = Object.entries(await rowsOf(run));
      cost.ms += cpuMs() - startedMs;
      return rows.flatMap(([table, texts]) => lookIn(`table ${table}`, texts));
    },
    report() {
      const { texts, chars, ms } = cost;
      const size = `${texts} lines, figures, answers, messages and rows of ${Math.ceil(chars / 1_000)} kB`;
      return `${heard.size} secrets looked for in ${size}: ${Math.round(ms)} ms of CPU`;
    },
  };
}

/** Whoever polls a list for long gets no further. */
const ANSWERS_CHARS_MAX = 10_000_000;

/** Of this thread: how long it takes says more of what else runs on the machine. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
