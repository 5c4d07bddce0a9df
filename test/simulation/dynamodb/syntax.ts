import { RESERVED_WORDS } from './reserved-words.ts';
import { type Tokens, tokensOf } from './tokens.ts';

/** A way into an item, as written: names may still be aliases that begin with `#`. */
export interface Path {
  readonly top: string;
  readonly rest: readonly (string | number)[];
}

/** A literal's type is checked before any item is looked at. */
export interface TypeRule {
  readonly value: string;
  readonly operator: string;
  readonly types: ReadonlySet<string>;
  /** The other bound of a BETWEEN, where both are literals. */
  readonly upper?: string;
}

/** What an expression asks of the names and values that come with it. */
export interface Uses {
  readonly names: ReadonlySet<string>;
  readonly values: ReadonlySet<string>;
  readonly rules: readonly TypeRule[];
}

/** The parts that every kind of expression has, and a note of what it uses. */
export interface Reader extends Tokens {
  readonly uses: Uses;
  isFunction(): boolean;
  isValue(): boolean;
  value(): string;
  path(): Path;
  rule(rule: TypeRule): void;
}

const DEPTH_MAX = 32;

export function readerOf(kind: string, text: string): Reader {
  const tokens = tokensOf(kind, text);
  const names = new Set<string>();
  const values = new Set<string>();
  const rules: TypeRule[] = [];
  const isValue = () => tokens.peek().startsWith(':');
  return {
    ...tokens,
    uses: { names, values, rules },
    isValue,
    isFunction: () => /^[A-Za-z]/.test(tokens.peek()) && tokens.peek(1) === '(',
    value() {
      if (!isValue()) throw tokens.unexpected();
      const name = tokens.next();
      values.add(name);
      return name;
    },
    path() {
      const top = nameIn(tokens, names);
      const rest: (string | number)[] = [];
      for (let depth = 0; depth < DEPTH_MAX; depth++) {
        if (tokens.takes('.')) rest.push(nameIn(tokens, names));
        else if (tokens.takes('[')) rest.push(indexIn(tokens));
        else return { top, rest };
      }
      throw tokens.error('The document path has too many nesting elements;');
    },
    rule(rule) {
      rules.push(rule);
    },
  };
}

function nameIn(tokens: Tokens, names: Set<string>): string {
  if (!/^[#A-Za-z]/.test(tokens.peek())) throw tokens.unexpected();
  const name = tokens.next();
  if (name.startsWith('#')) names.add(name);
  else if (RESERVED_WORDS.has(name.toUpperCase())) {
    throw tokens.error(`Attribute name is a reserved keyword; reserved keyword: ${name}`);
  }
  return name;
}

function indexIn(tokens: Tokens): number {
  if (!/^\d+$/.test(tokens.peek())) throw tokens.unexpected();
  const index = Number(tokens.next());
  tokens.expect(']');
  return index;
}
