import { type Token, type TokenKind, tokensOf } from './lexer.ts';
import { SyntaxProblem } from './syntax.ts';

/** Brackets, parentheses and arguments within each other. */
const DEPTH_MAX = 40;
/** Names, signs and literals: a small tree needs no deep recursion to be evaluated. */
export const TOKENS_MAX = 500;

/** Where the parser is in an expression. */
export interface Cursor {
  peek(ahead?: number): Token;
  take(): Token;
  /** Takes a token of this kind if it is the next one. */
  took(kind: TokenKind): boolean;
  expect(kind: TokenKind): void;
  /** Runs `parse` one level further in. */
  within<T>(parse: () => T): T;
}

export function cursorOver(text: string): Cursor {
  const tokens = tokensOf(text);
  const excess = tokens[TOKENS_MAX];
  if (excess !== undefined) {
    throw unexpectedAt(excess, `has more than ${TOKENS_MAX} names, signs and literals`);
  }
  const end: Token = { kind: 'end', value: null, at: text.length };
  let next = 0;
  let depth = 0;
  const peek = (ahead = 0) => tokens[next + ahead] ?? end;
  const take = () => {
    const token = peek();
    next++;
    return token;
  };
  return {
    peek,
    take,
    took(kind) {
      if (peek().kind !== kind) return false;
      next++;
      return true;
    },
    expect(kind) {
      const token = take();
      if (token.kind === kind) return;
      throw unexpectedAt(token, `${kind} is expected here, not ${named(token)}`);
    },
    within(parse) {
      if (++depth > DEPTH_MAX) throw unexpectedAt(peek(), `is nested deeper than ${DEPTH_MAX}`);
      const parsed = parse();
      depth--;
      return parsed;
    },
  };
}

export function unexpectedAt(
  token: Token,
  message = `${named(token)} is not expected here`,
): SyntaxProblem {
  return new SyntaxProblem(message, token.at);
}

/** A token as a message names it. */
export function named({ kind, value }: Token): string {
  switch (kind) {
    case 'end':
      return 'the end';
    case 'name':
      return String(value);
    case 'quoted':
      return 'a quoted name';
    case 'number':
      return `a bare number (as a value it is \`${value}\`)`;
    case 'literal':
      return 'a literal';
    default:
      return kind;
  }
}
