/**
 * Sizes of items as DynamoDB bills them ("Item sizes and formats" and "Read and write operations"
 * in its developer guide), over items in the form they have on the wire.
 */

export type WireValue = Readonly<Record<string, unknown>>;
export type WireItem = Readonly<Record<string, WireValue>>;

const WRITE_UNIT_BYTES = 1_024;
const READ_UNIT_BYTES = 4_096;

export function itemBytes(item: WireItem): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) {
    bytes += Buffer.byteLength(name) + valueBytes(value);
  }
  return bytes;
}

/** A list or map takes three bytes, and one for each of its elements. */
const COLLECTION_BYTES = 3;

function valueBytes(value: WireValue): number {
  const [[type, content] = ['', undefined]] = Object.entries(value);
  switch (type) {
    case 'S':
      return Buffer.byteLength(String(content));
    case 'N':
      return numberBytes(String(content));
    case 'B':
      return Buffer.byteLength(String(content), 'base64');
    case 'BOOL':
    case 'NULL':
      return 1;
    case 'L':
      return (content as WireValue[]).reduce(
        (bytes, element) => bytes + 1 + valueBytes(element),
        COLLECTION_BYTES,
      );
    case 'M': {
      const map = content as WireItem;
      return COLLECTION_BYTES + Object.keys(map).length + itemBytes(map);
    }
    case 'SS':
    case 'NS':
    case 'BS':
      return (content as string[]).reduce(
        (bytes, element) => bytes + valueBytes({ [type.charAt(0)]: element }),
        0,
      );
  }
  throw new Error(`DynamoDB has no type ${type}.`);
}

/** One byte for each two significant digits, and one; the guide calls it an approximation. */
function numberBytes(text: string): number {
  const digits = text.replace(/^-|e.*$/gi, '').replace('.', '');
  const significant = digits.replace(/^0+|0+$/g, '').length;
  return Math.ceil(significant / 2) + 1 + (text.startsWith('-') ? 1 : 0);
}

/** Units of one write of an item of this size; nothing costs less than one. */
export function writeUnits(bytes: number): number {
  return Math.max(Math.ceil(bytes / WRITE_UNIT_BYTES), 1);
}

/** Units of one request that read this much in all; half without strong consistency. */
export function readUnits(bytes: number, consistent: boolean): number {
  return Math.max(Math.ceil(bytes / READ_UNIT_BYTES), 1) * (consistent ? 1 : 0.5);
}
