import { bindingOf } from './binding.ts';
import { type Cursor, cursorOver, named, unexpectedAt } from './cursor.ts';
import type { Token, TokenKind } from './lexer.ts';
import { argumentsProblem, isFunctionName } from './signatures.ts';
import { type Node, SyntaxProblem } from './syntax.ts';

/** What binds less than this ends a projection. */
const PROJECTION_STOP = 10;
const CURRENT: Node = { kind: 'current' };

/** The tree of an expression. Throws a `SyntaxProblem`, which says where the mistake is. */
export function parseExpression(text: string): Node {
  const cursor = cursorOver(text);
  const tree = expression(cursor, 0);
  const rest = cursor.peek();
  if (rest.kind !== 'end') throw unexpectedAt(rest);
  return tree;
}

function expression(cursor: Cursor, binding: number): Node {
  return cursor.within(() => {
    let left = first(cursor, cursor.take());
    while (binding < bindingOf(cursor.peek().kind)) left = following(cursor, left, cursor.take());
    return left;
  });
}

/** What begins with this token. */
function first(cursor: Cursor, token: Token): Node {
  switch (token.kind) {
    case 'literal':
      return { kind: 'literal', value: token.value };
    case 'name':
      if (cursor.took('(')) return call(cursor, token);
      return { kind: 'field', name: String(token.value) };
    case 'quoted':
      return { kind: 'field', name: String(token.value) };
    case '!':
      return { kind: 'not', of: expression(cursor, bindingOf('!')) };
    case '*':
      return { kind: 'each-value', left: CURRENT, right: projected(cursor, '*') };
    case '[?':
    case '[]':
      return following(cursor, CURRENT, token);
    case '[':
      return isIndex(cursor) ? bracket(cursor, CURRENT) : list(cursor);
    case '{':
      return hash(cursor);
    case '@':
      return CURRENT;
    case '$':
      return { kind: 'root' };
    case '(': {
      const inner = expression(cursor, 0);
      cursor.expect(')');
      return inner;
    }
    default:
      throw unexpectedAt(token, `a value is expected here, not ${named(token)}`);
  }
}

/** What this token makes of the value before it. */
function following(cursor: Cursor, left: Node, token: Token): Node {
  const { kind } = token;
  switch (kind) {
    case '.':
      if (cursor.took('*')) return { kind: 'each-value', left, right: projected(cursor, '.') };
      return { kind: 'chain', left, right: afterDot(cursor, bindingOf('.')) };
    case '|':
      return { kind: 'pipe', left, right: expression(cursor, bindingOf('|')) };
    case '||':
      return { kind: 'or', left, right: expression(cursor, bindingOf('||')) };
    case '&&':
      return { kind: 'and', left, right: expression(cursor, bindingOf('&&')) };
    case '[]':
      return { kind: 'each', left: { kind: 'flatten', of: left }, right: projected(cursor, '[]') };
    case '[?': {
      const condition = expression(cursor, 0);
      cursor.expect(']');
      return { kind: 'filter', left, condition, right: projected(cursor, '[?') };
    }
    case '[':
      return bracket(cursor, left);
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return { kind: 'compare', by: kind, left, right: expression(cursor, bindingOf(kind)) };
    default:
      throw unexpectedAt(token);
  }
}

function isIndex(cursor: Cursor): boolean {
  const { kind } = cursor.peek();
  return kind === 'number' || kind === ':' || (kind === '*' && cursor.peek(1).kind === ']');
}

/** After `[`: an index, a slice, or `*`. */
function bracket(cursor: Cursor, left: Node): Node {
  if (cursor.took('*')) {
    cursor.expect(']');
    return { kind: 'each', left, right: projected(cursor, '*') };
  }
  const from = cursor.peek();
  const parts: (number | null)[] = [null];
  for (let token = cursor.take(); token.kind !== ']'; token = cursor.take()) {
    const isNumber = token.kind === 'number' && parts.at(-1) === null;
    if (isNumber) parts[parts.length - 1] = Number(token.value);
    else if (token.kind === ':' && parts.length < 3) parts.push(null);
    else throw unexpectedAt(token);
  }
  const [start = null, stop = null, step = null] = parts;
  if (parts.length === 1) {
    if (start === null) throw unexpectedAt(from, 'a number or * is expected here');
    return { kind: 'chain', left, right: { kind: 'index', index: start } };
  }
  if (step === 0) throw unexpectedAt(from, 'a step of 0 never ends');
  const slice: Node = { kind: 'slice', start, stop, step: step ?? 1 };
  const sliced: Node = { kind: 'chain', left, right: slice };
  return { kind: 'each', left: sliced, right: projected(cursor, '*') };
}

/** What is applied to each entry of a projection. */
function projected(cursor: Cursor, by: TokenKind): Node {
  const { kind } = cursor.peek();
  if (bindingOf(kind) < PROJECTION_STOP) return CURRENT;
  if (kind === '[' || kind === '[?') return expression(cursor, bindingOf(by));
  cursor.expect('.');
  return afterDot(cursor, bindingOf(by));
}

function afterDot(cursor: Cursor, binding: number): Node {
  const token = cursor.peek();
  if (token.kind === 'name' || token.kind === 'quoted' || token.kind === '*') {
    return expression(cursor, binding);
  }
  if (cursor.took('[')) return list(cursor);
  if (cursor.took('{')) return hash(cursor);
  throw unexpectedAt(token, `a name, *, [ or { is expected here, not ${named(token)}`);
}

function list(cursor: Cursor): Node {
  const items: Node[] = [];
  do items.push(expression(cursor, 0));
  while (cursor.took(','));
  cursor.expect(']');
  return { kind: 'list', items };
}

function hash(cursor: Cursor): Node {
  const pairs: (readonly [string, Node])[] = [];
  do {
    const key = cursor.take();
    if (key.kind !== 'name' && key.kind !== 'quoted') {
      throw unexpectedAt(key, `a name is expected here, not ${named(key)}`);
    }
    cursor.expect(':');
    pairs.push([String(key.value), expression(cursor, 0)]);
  } while (cursor.took(','));
  cursor.expect('}');
  return { kind: 'hash', pairs };
}

/** After `name(`. Function and arguments are checked here, so that a typo is no failed delivery. */
function call(cursor: Cursor, { value, at }: Token): Node {
  const name = String(value);
  if (!isFunctionName(name)) throw new SyntaxProblem(`there is no function ${name}()`, at);
  const args: Node[] = [];
  if (!cursor.took(')')) {
    do args.push(argument(cursor));
    while (cursor.took(','));
    cursor.expect(')');
  }
  const wrong = argumentsProblem(
    name,
    args.map(({ kind }) => kind === 'expression'),
  );
  if (wrong !== undefined) throw new SyntaxProblem(wrong, at);
  return { kind: 'call', name, args };
}

function argument(cursor: Cursor): Node {
  if (!cursor.took('&')) return expression(cursor, 0);
  return { kind: 'expression', of: expression(cursor, 0) };
}
