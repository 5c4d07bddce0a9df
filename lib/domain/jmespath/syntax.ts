import type { FunctionName } from './signatures.ts';

/** The tree of a JMESPath expression. Every node is evaluated against the current value. */
export type Node =
  | { readonly kind: 'current' | 'root' }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'index'; readonly index: number }
  | {
      readonly kind: 'slice';
      readonly start: number | null;
      readonly stop: number | null;
      readonly step: number;
    }
  /**
   * `right` is evaluated against what `left` gives. A dot, an index or a slice (`chain`) makes
   * nothing of null; a pipe goes on with it.
   */
  | { readonly kind: 'chain' | 'pipe'; readonly left: Node; readonly right: Node }
  /** `right` for each entry of the list (or each value of the object) that `left` gives. */
  | { readonly kind: 'each' | 'each-value'; readonly left: Node; readonly right: Node }
  | {
      readonly kind: 'filter';
      readonly left: Node;
      readonly condition: Node;
      readonly right: Node;
    }
  | { readonly kind: 'flatten'; readonly of: Node }
  | { readonly kind: 'or' | 'and'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'not'; readonly of: Node }
  | {
      readonly kind: 'compare';
      readonly by: Comparator;
      readonly left: Node;
      readonly right: Node;
    }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'hash'; readonly pairs: readonly (readonly [string, Node])[] }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly args: readonly Node[] }
  /** `&expression`, only as an argument: the function evaluates it itself. */
  | { readonly kind: 'expression'; readonly of: Node };

export type Comparator = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** What is wrong with an expression, and where: characters are counted from 1. */
export class SyntaxProblem extends Error {
  override readonly name = 'SyntaxProblem';
  readonly position: number;

  constructor(message: string, at: number) {
    super(message);
    this.position = at + 1;
  }
}

/** The expression is fine and its evaluation against this value is not. */
export class EvaluationProblem extends Error {
  override readonly name = 'EvaluationProblem';
}
