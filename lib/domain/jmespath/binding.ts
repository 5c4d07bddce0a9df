import type { TokenKind } from './lexer.ts';

/** How strongly a token binds what stands before it, as in the published grammar. */
const BINDING: Readonly<Partial<Record<TokenKind, number>>> = {
  '|': 1,
  '||': 2,
  '&&': 3,
  '==': 5,
  '!=': 5,
  '<': 5,
  '<=': 5,
  '>': 5,
  '>=': 5,
  '[]': 9,
  '*': 20,
  '[?': 21,
  '.': 40,
  '!': 45,
  '[': 55,
};

/** 0 for what does not go on with a value. */
export function bindingOf(kind: TokenKind): number {
  return BINDING[kind] ?? 0;
}
