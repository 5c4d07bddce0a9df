import { isObject } from '../jmespath/values.ts';
import { cut, oneLine } from './text.ts';

/** One field of an event's data: where it is, and what it says. */
export interface Fact {
  readonly name: string;
  readonly value: string;
}

export interface Facts {
  readonly facts: readonly Fact[];
  /** There was more than fits. */
  readonly isCut: boolean;
}

export const FACTS_MAX = 100;
const NAME_CHARS_MAX = 128;
const VALUE_CHARS_MAX = 1_000;
/** Values looked at: an event may hold a hundred thousand. */
const VISITS_MAX = 2_000;
const LIST_ITEMS_SHOWN = 20;

/** The data as a flat list, in its own order: `customer.name`, `items[0].sku`. */
export function factsOf(data: unknown): Facts {
  const facts: Fact[] = [];
  const open: { readonly name: string; readonly value: unknown }[] = [{ name: '', value: data }];
  for (let visits = 0; ; visits++) {
    const place = open.pop();
    if (place === undefined) return { facts, isCut: false };
    if (facts.length >= FACTS_MAX || visits >= VISITS_MAX) return { facts, isCut: true };
    const { name, value } = place;
    const inner = insideOf(name, value);
    if (inner === undefined) facts.push(fact(name || 'data', value));
    else open.push(...inner.slice(0, VISITS_MAX).reverse());
  }
}

/** What is inside of it; undefined if it is shown as it is. */
function insideOf(name: string, value: unknown) {
  const path = cut(name, NAME_CHARS_MAX);
  if (isObject(value)) {
    return Object.entries(value).map(([key, item]) => ({
      name: path === '' ? key : `${path}.${key}`,
      value: item,
    }));
  }
  if (!Array.isArray(value) || !value.some((item) => Array.isArray(item) || isObject(item))) {
    return undefined;
  }
  return value.map((item, i) => ({ name: `${path}[${i}]`, value: item }));
}

function fact(name: string, value: unknown): Fact {
  const text = Array.isArray(value) ? listText(value) : scalarText(value);
  return {
    name: cut(oneLine(name), NAME_CHARS_MAX),
    value: cut(oneLine(text), VALUE_CHARS_MAX),
  };
}

function listText(list: readonly unknown[]): string {
  const shown = list.slice(0, LIST_ITEMS_SHOWN).map(scalarText).join(', ');
  const left = list.length - LIST_ITEMS_SHOWN;
  return left > 0 ? `${shown} and ${left} more` : shown;
}

function scalarText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null');
}
