import { inflateRawSync } from 'node:zlib';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { plainFields } from '../../../lib/runtime/log-fields.ts';
import type { Written } from '../dynamodb/table.ts';
import type { ApiAnswer, ApiRequest } from '../product/gateway.ts';
import type { Line } from '../product/log.ts';
import type { Product } from '../product/product.ts';
import { TABLE_NAMES } from '../product/settings.ts';
import type { Witness } from './witness.ts';

/** Where somebody may read who is to know no secret. */
export type Place = 'a log line' | 'an error' | 'a message' | 'an answer' | 'a row' | 'a figure';

type Deaths = Witness['deaths'];

/** Everything that the product said in a run, to whomever; and the secrets that it made itself. */
export interface Overheard {
  readonly texts: Readonly<Record<Place, readonly string[]>>;
  /** What it showed because its contract says so. */
  readonly shown: ReadonlySet<string>;
  hear(line: Line): void;
  /** An error that went past the logger, as Lambda prints it. */
  escape(error: unknown): void;
  see(written: Written): void;
  /** The client, with the messages that go through it kept. */
  ringing(client: SQSClient): SQSClient;
  answered(request: ApiRequest, answer: ApiAnswer): void;
  /** At the end of the run: what is left in tables and queues, and was counted. */
  collect(product: Pick<Product, 'db' | 'log' | 'deadLetters' | 'queues'>, deaths: Deaths): void;
}

export function newOverheard(): Overheard {
  const texts = {
    ...{ 'a log line': [], 'an error': [], 'a message': [] },
    ...{ 'an answer': [], 'a row': [], 'a figure': [] },
  } as Record<Place, string[]>;
  const shown = new Set<string>();
  const keep = (place: Place, text: string) => texts[place].push(text);

  return {
    texts,
    shown,
    hear({ from, level, message, fields }) {
      keep('a log line', `${from} ${level} ${message} ${JSON.stringify(plainFields(fields))}`);
    },
    escape: (error) => keep('an error', printed(error)),
    see({ table, before, after }) {
      // Of others the last state is enough: what is added to a row stays in it.
      const isKept = table === TABLE_NAMES.registry;
      const item = isKept ? after : after === undefined ? before : undefined;
      if (item !== undefined) keep('a row', rowText(table, item));
    },
    ringing(client) {
      const send = (command: { readonly input: object } & object) => {
        const { name } = command.constructor;
        if (name.startsWith('SendMessage')) keep('a message', JSON.stringify(command.input));
        return client.send(command as Parameters<SQSClient['send']>[0]);
      };
      // The adapters ask nothing else of a client.
      return { send } as unknown as SQSClient;
    },
    answered({ method, path }, { status, headers, json }) {
      const body = shows(method, path) ? withoutShown(json, shown) : json;
      keep('an answer', `${method} ${path} ${status} ${JSON.stringify([headers, body])}`);
    },
    collect({ db, log, queues, deadLetters }, deaths) {
      for (const { why } of deaths.values()) keep('an error', why);
      for (const name of Object.values(TABLE_NAMES)) {
        for (const row of db.model.tables.get(name)?.rows() ?? [])
          keep('a row', rowText(name, row));
      }
      for (const queue of [...Object.values(queues), ...Object.values(deadLetters)]) {
        for (const message of queue.all()) keep('a message', JSON.stringify(message));
      }
      for (const figure of log.figures) keep('a figure', figure);
    },
  };
}

/** Answers that show a secret, by the contract: that of a creation, a rotation and a reading. */
function shows(method: string, path: string): boolean {
  if (/\/secret(\/rotate)?$/.test(path)) return true;
  const isMade = method === 'POST' || method === 'PUT';
  return isMade && /^\/v1\/(integrations|sources|keys)(\/[^/]+(\/rotate)?)?$/.test(path);
}

const SHOWN_FIELDS: ReadonlySet<string> = new Set(['secret', 'secrets', 'current', 'key']);

/** The answer without what it is there to show, which is noted. */
function withoutShown(value: unknown, shown: Set<string>, isShown = false): unknown {
  if (typeof value === 'string') {
    if (isShown) shown.add(secretIn(value));
    return isShown ? '' : value;
  }
  if (Array.isArray(value)) return value.map((one) => withoutShown(one, shown, isShown));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, one]) => [
    name,
    withoutShown(one, shown, isShown || SHOWN_FIELDS.has(name)),
  ]);
  return Object.fromEntries(fields);
}

/** Of an API key what nobody may know of it, which is not its beginning. */
function secretIn(text: string): string {
  return text.startsWith('bwk_') ? text.slice(14, 46) : text.replace(/^wh(sec|sk|pk)_/, '');
}

const CAUSES_MAX = 5;

/** With everything that hangs on it, as the runtime of Lambda prints an error. */
function printed(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return String(JSON.stringify(error));
  const own = JSON.stringify(Object.entries(error).filter(([name]) => name !== 'cause'));
  const text = `${error.name}: ${error.message}\n${error.stack}\n${own}`;
  if (error.cause === undefined || depth === CAUSES_MAX) return text;
  return `${text}\n${printed(error.cause, depth + 1)}`;
}

function rowText(table: string, item: Readonly<Record<string, AttributeValue>>): string {
  return `${table} ${Object.values(item).map(attributeText).join('\n')}`;
}

function attributeText(value: AttributeValue): string {
  if (value.S !== undefined) return value.S;
  if (value.B === undefined) return JSON.stringify(value);
  const text = Buffer.from(value.B).toString('latin1');
  try {
    return `${text}\n${inflateRawSync(value.B)}`;
  } catch {
    // It was not deflated.
    return text;
  }
}
