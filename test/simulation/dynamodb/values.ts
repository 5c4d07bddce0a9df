import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { compareNumbers, numberToken } from './numbers.ts';

export type Item = Readonly<Record<string, AttributeValue>>;
export type TypeName = 'S' | 'N' | 'B' | 'BOOL' | 'NULL' | 'M' | 'L' | 'SS' | 'NS' | 'BS';

export const TYPE_NAMES: ReadonlySet<string> = new Set<TypeName>([
  ...(['S', 'N', 'B', 'BOOL', 'NULL', 'M', 'L', 'SS', 'NS', 'BS'] as const),
]);

/** Of a value that was checked when it came in: it has exactly one. */
export function typeOf(value: AttributeValue): TypeName {
  for (const type in value) return type as TypeName;
  return 'NULL';
}

/** A set's members as texts that are equal where the members are. */
export function membersOf(value: AttributeValue): readonly string[] {
  return value.SS ?? value.NS ?? (value.BS ?? []).map(latin1);
}

export function isSet(type: TypeName): boolean {
  return type === 'SS' || type === 'NS' || type === 'BS';
}

/** One byte a character: compares as the bytes do. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

const BEYOND_ASCII_ORDER = /[\ud800-\uffff]/;
const LATE_UNITS = /[\ud800-\uffff]/g;

/** A text that JavaScript's `<` sorts as DynamoDB sorts this one: by UTF-8 bytes. */
export function utf8Order(text: string): string {
  if (!BEYOND_ASCII_ORDER.test(text)) return text;
  return text.replace(LATE_UNITS, (unit) => {
    const code = unit.charCodeAt(0);
    return String.fromCharCode(code >= 0xe000 ? code - 0x800 : code + 0x2000);
  });
}

/** A text that sorts as this key does among keys of its type. */
export function keyToken(value: AttributeValue): string {
  if (value.S !== undefined) return utf8Order(value.S);
  if (value.N !== undefined) return numberToken(value.N);
  return latin1(value.B ?? new Uint8Array());
}

/** Below, at or above zero; undefined where the two have no order between them. */
export function compare(a: AttributeValue, b: AttributeValue): number | undefined {
  if (a.N !== undefined && b.N !== undefined) return compareNumbers(a.N, b.N);
  if (a.S !== undefined && b.S !== undefined) return order(utf8Order(a.S), utf8Order(b.S));
  if (a.B !== undefined && b.B !== undefined) return Buffer.compare(a.B, b.B);
  return undefined;
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Whether both are of one type and say the same; a set has no order. */
export function areEqual(a: AttributeValue, b: AttributeValue): boolean {
  if (a === b) return true;
  const type = typeOf(a);
  if (type !== typeOf(b)) return false;
  switch (type) {
    case 'S':
      return a.S === b.S;
    case 'N':
      return a.N === b.N;
    case 'BOOL':
      return a.BOOL === b.BOOL;
    case 'NULL':
      return true;
    case 'B':
      return Buffer.compare(a.B ?? new Uint8Array(), b.B ?? new Uint8Array()) === 0;
    case 'L':
      return areListsEqual(a.L ?? [], b.L ?? []);
    case 'M':
      return areItemsEqual(a.M ?? {}, b.M ?? {});
    case 'SS':
    case 'NS':
    case 'BS':
      return areSetsEqual(membersOf(a), membersOf(b));
  }
}

function areListsEqual(a: readonly AttributeValue[], b: readonly AttributeValue[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((one, at) => {
    const other = b[at];
    return other !== undefined && areEqual(one, other);
  });
}

function areSetsEqual(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  const members = new Set(a);
  return b.every((member) => members.has(member));
}

export function areItemsEqual(a: Item, b: Item): boolean {
  if (a === b) return true;
  let count = 0;
  for (const name in a) {
    count++;
    const [one, other] = [a[name], b[name]];
    if (one === undefined || other === undefined || !areEqual(one, other)) return false;
  }
  for (const _ in b) count--;
  return count === 0;
}

const OVERHEAD_BYTES = 3;

/** Names and values in bytes, as DynamoDB reckons an item's size. */
export function bytesOfItem(item: Item): number {
  let bytes = 0;
  for (const name in item) {
    const value = item[name];
    if (value !== undefined) bytes += bytesOfText(name) + bytesOf(value);
  }
  return bytes;
}

const SHORT = 40;

/** In UTF-8. The way into `Buffer` costs more than a look at a short text. */
function bytesOfText(text: string): number {
  if (text.length > SHORT) return Buffer.byteLength(text);
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) > 0x7f) return Buffer.byteLength(text);
  }
  return text.length;
}

function bytesOf(value: AttributeValue): number {
  switch (typeOf(value)) {
    case 'S':
      return bytesOfText(value.S ?? '');
    case 'N':
      return bytesOfNumber(value.N ?? '');
    case 'B':
      return value.B?.byteLength ?? 0;
    case 'BOOL':
    case 'NULL':
      return 1;
    case 'M':
      return OVERHEAD_BYTES + Object.keys(value.M ?? {}).length + bytesOfItem(value.M ?? {});
    case 'L':
      return OVERHEAD_BYTES + (value.L ?? []).reduce((sum, one) => sum + 1 + bytesOf(one), 0);
    case 'SS':
      return (value.SS ?? []).reduce((sum, one) => sum + bytesOfText(one), 0);
    case 'NS':
      return (value.NS ?? []).reduce((sum, one) => sum + bytesOfNumber(one), 0);
    case 'BS':
      return (value.BS ?? []).reduce((sum, one) => sum + one.byteLength, 0);
  }
}

/** Two digits a byte, and one more; about, as the Developer Guide says. */
function bytesOfNumber(text: string): number {
  const first = text.startsWith('-') ? 1 : 0;
  let last = text.length;
  while (last > first && text[last - 1] === '0') last--;
  const digits = last - first - (text.includes('.') ? 1 : 0);
  return Math.ceil(digits / 2) + 1 + first;
}
