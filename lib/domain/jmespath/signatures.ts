/** What a function takes: kinds of values, or `&expression`. */
export type Kind = 'number' | 'string' | 'boolean' | 'array' | 'object' | 'null';
type Parameter = readonly Kind[] | 'any' | 'numbers' | 'strings' | 'expression';

interface Signature {
  readonly takes: readonly Parameter[];
  /** The last parameter may be given any number of times more. */
  readonly many?: true;
}

const NUMBER: Parameter = ['number'];
const STRING: Parameter = ['string'];
const LIST: Parameter = ['array'];
const OBJECT: Parameter = ['object'];
const BY: Signature = { takes: [LIST, 'expression'] };
const ONE_NUMBER: Signature = { takes: [NUMBER] };
const ONE_STRING: Signature = { takes: [STRING] };
const ONE_LIST: Signature = { takes: [LIST] };
const ONE_OBJECT: Signature = { takes: [OBJECT] };
const ANY: Signature = { takes: ['any'] };

/** The functions of JMESPath, and of its community edition those for texts and for items. */
export const SIGNATURES = {
  abs: ONE_NUMBER,
  avg: { takes: ['numbers'] },
  ceil: ONE_NUMBER,
  contains: { takes: [['array', 'string'], 'any'] },
  ends_with: { takes: [STRING, STRING] },
  floor: ONE_NUMBER,
  from_items: ONE_LIST,
  items: ONE_OBJECT,
  join: { takes: [STRING, 'strings'] },
  keys: ONE_OBJECT,
  length: { takes: [['string', 'array', 'object']] },
  lower: ONE_STRING,
  map: { takes: ['expression', LIST] },
  max: ONE_LIST,
  max_by: BY,
  merge: { takes: [OBJECT], many: true },
  min: ONE_LIST,
  min_by: BY,
  not_null: { takes: ['any'], many: true },
  replace: { takes: [STRING, STRING, STRING] },
  reverse: { takes: [['string', 'array']] },
  sort: ONE_LIST,
  sort_by: BY,
  split: { takes: [STRING, STRING] },
  starts_with: { takes: [STRING, STRING] },
  sum: { takes: ['numbers'] },
  to_array: ANY,
  to_number: ANY,
  to_string: ANY,
  trim: ONE_STRING,
  type: ANY,
  upper: ONE_STRING,
  values: ONE_OBJECT,
} as const satisfies Record<string, Signature>;

export type FunctionName = keyof typeof SIGNATURES;

export function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(SIGNATURES, name);
}

/** What is wrong with the arguments by their number and by which of them are `&expressions`. */
export function argumentsProblem(
  name: FunctionName,
  areExpressions: readonly boolean[],
): string | undefined {
  const { takes, many }: Signature = SIGNATURES[name];
  const given = areExpressions.length;
  if (given < takes.length || (given > takes.length && many !== true)) {
    const atLeast = many === true ? 'at least ' : '';
    return `${name}() takes ${atLeast}${takes.length} argument${takes.length === 1 ? '' : 's'}, not ${given}`;
  }
  const wrong = areExpressions.findIndex((is, i) => is !== (parameter(name, i) === 'expression'));
  if (wrong < 0) return undefined;
  const rule = parameter(name, wrong) === 'expression' ? 'an &expression' : 'not an &expression';
  return `argument ${wrong + 1} of ${name}() is ${rule}`;
}

export function parameter(name: FunctionName, index: number): Parameter {
  const { takes }: Signature = SIGNATURES[name];
  return takes[index] ?? takes.at(-1) ?? 'any';
}
