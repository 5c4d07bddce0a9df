import { parseHistoryPk } from '../../../lib/adapters/dynamodb/table.ts';
import type { Written } from '../dynamodb/table.ts';
import { TABLE_NAMES } from '../product/settings.ts';

/** A turn: whose event had a line's lock, and from when until when it was stored. */
export interface Turn {
  readonly eventId: string;
  readonly owner: string;
  readonly fromMs: number;
  /** Infinite while it is stored. */
  readonly untilMs: number;
  /** Given back by its owner; else another took it, or it was deleted for its age. */
  readonly wasGivenBack: boolean;
}

/** What was ever stored of the lines: which event stands in which, and who had the lock. */
export interface LineWatch {
  /** The ordering key of every event that has one, by event id; also where nobody heard of it. */
  readonly keys: ReadonlyMap<string, string>;
  /** By line, as `lineName` names it: its turns in order. */
  readonly turns: ReadonlyMap<string, readonly Turn[]>;
  see(written: Written): void;
}

const PREFIX = 'LINE#';
const LOCK = '!lock';

export function newLineWatch(): LineWatch {
  const keys = new Map<string, string>();
  const turns = new Map<string, Turn[]>();

  function seeLock(line: string, { before, after, atMs, by }: Written) {
    const list = turns.get(line) ?? [];
    turns.set(line, list);
    const [was, is] = [before?.ow?.S, after?.ow?.S];
    const last = list.at(-1);
    if (was !== is && last !== undefined && last.untilMs === Number.POSITIVE_INFINITY) {
      const wasGivenBack = after === undefined && by === 'request';
      list[list.length - 1] = { ...last, untilMs: atMs, wasGivenBack };
    }
    if (is === undefined || was === is) return;
    const eventId = after?.ev?.S ?? '';
    const untilMs = Number.POSITIVE_INFINITY;
    list.push({ eventId, owner: is, fromMs: atMs, untilMs, wasGivenBack: false });
  }

  return {
    keys,
    turns,
    see(written) {
      const { table, before, after } = written;
      const row = after ?? before;
      const [pk = '', sk = ''] = [row?.pk?.S, row?.sk?.S];
      if (table === TABLE_NAMES.history && sk === 'E' && after?.ok?.S !== undefined) {
        keys.set(parseHistoryPk(pk).eventId, after.ok.S);
      }
      if (table === TABLE_NAMES.state && sk === LOCK && pk.startsWith(PREFIX)) {
        seeLock(pk.slice(PREFIX.length), written);
      }
    },
  };
}
