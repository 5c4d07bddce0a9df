import { invalid } from './errors.ts';

/** What is left of one expression. */
export interface Tokens {
  /** The next token, or one behind it; empty at the end. */
  peek(ahead?: number): string;
  next(): string;
  /** Takes the token if it is this one. */
  takes(token: string): boolean;
  /** The same for a keyword, in upper or lower case. */
  takesWord(word: string): boolean;
  expect(token: string): void;
  end(): void;
  error(what: string): Error;
  unexpected(): Error;
}

const TOKEN = /\s*(#\w+|:\w+|[A-Za-z]\w*|\d+|<>|<=|>=|[=<>(),.[\]+-])/y;
const BYTES_MAX = 4_096;

export function tokensOf(kind: string, text: string): Tokens {
  const error = (what: string) => invalid(`Invalid ${kind}: ${what}`);
  const tokens = split(text, error);
  let at = 0;
  const peek = (ahead = 0) => tokens[at + ahead] ?? '';
  const unexpected = () => {
    const near = tokens.slice(Math.max(at - 1, 0), at + 2).join(' ');
    return error(`Syntax error; token: "${peek() || '<EOF>'}", near: "${near}"`);
  };
  const takes = (token: string) => {
    const isNext = peek() === token;
    if (isNext) at++;
    return isNext;
  };
  return {
    peek,
    takes,
    error,
    unexpected,
    takesWord: (word) => peek().toUpperCase() === word && takes(peek()),
    next() {
      const token = peek();
      if (token === '') throw unexpected();
      at++;
      return token;
    },
    expect(token) {
      if (!takes(token)) throw unexpected();
    },
    end() {
      if (at < tokens.length) throw unexpected();
    },
  };
}

function split(text: string, error: (what: string) => Error): readonly string[] {
  if (text === '') throw error('The expression can not be empty;');
  if (Buffer.byteLength(text) > BYTES_MAX) {
    throw error('Expression size has exceeded the maximum allowed size;');
  }
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  for (let from = 0; from < end; from = TOKEN.lastIndex) {
    TOKEN.lastIndex = from;
    const [, token] = TOKEN.exec(text) ?? [];
    if (token === undefined) throw error(`Syntax error; near: "${text.slice(from, from + 9)}"`);
    tokens.push(token);
  }
  return tokens;
}
