import { type Path, type Reader, readerOf, type Uses } from './syntax.ts';

export type SetOperand =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly name: string }
  | { readonly kind: 'if_not_exists'; readonly path: Path; readonly otherwise: SetOperand }
  | { readonly kind: 'list_append'; readonly first: SetOperand; readonly second: SetOperand };

export type SetValue =
  | SetOperand
  | {
      readonly kind: 'sum';
      readonly sign: 1 | -1;
      readonly left: SetOperand;
      readonly right: SetOperand;
    };

export type Action =
  | { readonly kind: 'set'; readonly path: Path; readonly value: SetValue }
  | { readonly kind: 'remove'; readonly path: Path }
  | { readonly kind: 'add' | 'delete'; readonly path: Path; readonly value: string };

export interface ParsedUpdate {
  readonly actions: readonly Action[];
  readonly uses: Uses;
}

const NUMBER: ReadonlySet<string> = new Set(['N']);
const LIST: ReadonlySet<string> = new Set(['L']);
const SETS: ReadonlySet<string> = new Set(['SS', 'NS', 'BS']);
const ADDABLE: ReadonlySet<string> = new Set(['N', ...SETS]);

const CLAUSES: Readonly<Record<string, (reader: Reader) => Action>> = {
  SET: assignment,
  REMOVE: (reader) => ({ kind: 'remove', path: reader.path() }),
  ADD: (reader) => change(reader, 'add', ADDABLE),
  DELETE: (reader) => change(reader, 'delete', SETS),
};

export function parseUpdate(text: string): ParsedUpdate {
  const reader = readerOf('UpdateExpression', text);
  const actions: Action[] = [];
  const seen = new Set<string>();
  while (reader.peek() !== '') {
    const word = reader.peek().toUpperCase();
    const parse = CLAUSES[word];
    if (parse === undefined) throw reader.unexpected();
    if (seen.has(word)) throw reader.error(`The "${word}" section can only be used once;`);
    seen.add(word);
    reader.next();
    do actions.push(parse(reader));
    while (reader.takes(','));
  }
  return { actions, uses: reader.uses };
}

export interface ParsedProjection {
  readonly paths: readonly Path[];
  readonly uses: Uses;
}

export function parseProjection(text: string): ParsedProjection {
  const reader = readerOf('ProjectionExpression', text);
  const paths = [reader.path()];
  while (reader.takes(',')) paths.push(reader.path());
  reader.end();
  return { paths, uses: reader.uses };
}

function assignment(reader: Reader): Action {
  const path = reader.path();
  reader.expect('=');
  const left = operand(reader);
  const operator = reader.peek();
  if (operator !== '+' && operator !== '-') return { kind: 'set', path, value: left };
  reader.next();
  const right = operand(reader);
  for (const one of [left, right]) {
    if (one.kind === 'value') reader.rule({ value: one.name, operator, types: NUMBER });
    if (one.kind === 'list_append') throw reader.error(`Incorrect operand type for ${operator};`);
  }
  return {
    kind: 'set',
    path,
    value: { kind: 'sum', sign: operator === '+' ? 1 : -1, left, right },
  };
}

function change(reader: Reader, kind: 'add' | 'delete', types: ReadonlySet<string>): Action {
  const path = reader.path();
  const value = reader.value();
  reader.rule({ value, operator: kind.toUpperCase(), types });
  return { kind, path, value };
}

function operand(reader: Reader): SetOperand {
  if (reader.isValue()) return { kind: 'value', name: reader.value() };
  if (!reader.isFunction()) return { kind: 'path', path: reader.path() };
  const name = reader.next();
  reader.expect('(');
  const found = call(reader, name);
  reader.expect(')');
  return found;
}

function call(reader: Reader, name: string): SetOperand {
  switch (name) {
    case 'if_not_exists': {
      const path = reader.path();
      reader.expect(',');
      return { kind: 'if_not_exists', path, otherwise: operand(reader) };
    }
    case 'list_append': {
      const first = operand(reader);
      reader.expect(',');
      const second = operand(reader);
      for (const one of [first, second]) {
        if (one.kind === 'value') reader.rule({ value: one.name, operator: name, types: LIST });
      }
      return { kind: 'list_append', first, second };
    }
    default:
      throw reader.error(`Invalid function name; function: ${name}`);
  }
}
