/**
 * DNS messages (RFC 1035), as far as asking for a host's addresses takes.
 *
 * Our own, because `node:dns` gives the addresses of an answer without the names that led to them:
 * judging these would take a second question, whose answer may be another one.
 */
import { asciiLower } from './host-name.ts';

export type AddressFamily = 4 | 6;

/** What one answer says of a host: every address, and every name that a CNAME in it leads to. */
export interface HostAnswer {
  readonly addresses: readonly string[];
  /** Lower case, no dot at the end, in no order. */
  readonly aliases: readonly string[];
}

export type DnsReply =
  | { readonly kind: 'answer'; readonly answer: HostAnswer }
  /** Does not belong to the question: somebody else's, or made up. To be passed over. */
  | { readonly kind: 'foreign' }
  /** Cut to the size of a datagram: to be asked for again over TCP. */
  | { readonly kind: 'truncated' }
  /** In the words of `node:dns`: ENOTFOUND and ENODATA are answers, the others mean "ask again". */
  | { readonly kind: 'failed'; readonly code: string };

/** A message over TCP says its length in two bytes. */
export const DNS_MESSAGE_BYTES_MAX = 65_535;

const HEADER_BYTES = 12;
const RECURSION_DESIRED = 0x0100;
const RESPONSE = 0x8000;
const TRUNCATED = 0x0200;
const CLASS_IN = 1;
const CNAME = 5;
const TYPE_OF = { 4: 1, 6: 28 } as const;
const ADDRESS_BYTES = { 4: 4, 6: 16 } as const;
const RECORDS_MAX = 512;
const NAME_CHARS_MAX = 253;
/** Two bits that say: the name goes on elsewhere in the message. */
const POINTER = 0xc0;
const CODES: Readonly<Record<number, string>> = {
  1: 'EFORMERR',
  2: 'ESERVFAIL',
  3: 'ENOTFOUND',
  4: 'ENOTIMP',
  5: 'EREFUSED',
};

/** The question for all addresses of one family; `id` is 16 random bits, by which it is answered. */
export function dnsQuery(id: number, host: string, family: AddressFamily): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(RECURSION_DESIRED, 2);
  header.writeUInt16BE(1, 4);
  const labels = host.split('.').map((label) => {
    const bytes = Buffer.from(label, 'latin1');
    return Buffer.concat([Buffer.of(bytes.length), bytes]);
  });
  return Buffer.concat([header, ...labels, Buffer.of(0, 0, TYPE_OF[family], 0, CLASS_IN)]);
}

/** What `message` says to `query`. Never throws: whatever cannot be read is EBADRESP. */
export function readDnsReply(message: Buffer, query: Buffer, family: AddressFamily): DnsReply {
  if (message.length < query.length || !answersTo(message, query)) return { kind: 'foreign' };
  const flags = message.readUInt16BE(2);
  if ((flags & TRUNCATED) !== 0) return { kind: 'truncated' };
  const status = flags & 0x0f;
  if (status !== 0) return { kind: 'failed', code: CODES[status] ?? 'EBADRESP' };
  const records = recordsOf(message, query.length);
  const answer = records === undefined ? undefined : answerOf(records, query, family);
  if (answer === undefined) return { kind: 'failed', code: 'EBADRESP' };
  return answer.addresses.length === 0
    ? { kind: 'failed', code: 'ENODATA' }
    : { kind: 'answer', answer };
}

/** The id and the question, which a server repeats; names in whatever case. */
function answersTo(message: Buffer, query: Buffer): boolean {
  const isResponse = (message.readUInt16BE(2) & RESPONSE) !== 0;
  const question = (bytes: Buffer) =>
    asciiLower(bytes.toString('latin1', HEADER_BYTES, query.length));
  return (
    isResponse &&
    message.readUInt16BE(0) === query.readUInt16BE(0) &&
    message.readUInt16BE(4) === 1 &&
    question(message) === question(query)
  );
}

interface DnsRecord {
  readonly owner: string;
  readonly type: number;
  readonly data: Buffer;
  /** The name that a CNAME leads to. */
  readonly target: string;
}

/**
 * The answer section. A server may put its records in any order, but each belongs to the name that
 * was asked for or to one that a CNAME here leads to; a message with others is not believed.
 */
function answerOf(
  records: readonly DnsRecord[],
  query: Buffer,
  family: AddressFamily,
): HostAnswer | undefined {
  const aliases = new Set(records.filter(({ type }) => type === CNAME).map((one) => one.target));
  const asked = readName(query, HEADER_BYTES)?.name;
  const addresses: string[] = [];
  for (const { owner, type, data } of records) {
    if (type !== CNAME && type !== TYPE_OF[family]) continue;
    if (owner !== asked && !aliases.has(owner)) return undefined;
    if (type === CNAME) continue;
    if (data.length !== ADDRESS_BYTES[family]) return undefined;
    addresses.push(addressText(data));
  }
  return { addresses: [...new Set(addresses)], aliases: [...aliases] };
}

function recordsOf(message: Buffer, start: number): readonly DnsRecord[] | undefined {
  const count = message.readUInt16BE(6);
  if (count > RECORDS_MAX) return undefined;
  const records: DnsRecord[] = [];
  let at = start;
  for (let record = 0; record < count; record++) {
    const owner = readName(message, at);
    if (owner === undefined || owner.end + 10 > message.length) return undefined;
    const type = message.readUInt16BE(owner.end);
    const isInternet = message.readUInt16BE(owner.end + 2) === CLASS_IN;
    const begin = owner.end + 10;
    at = begin + message.readUInt16BE(owner.end + 8);
    if (at > message.length) return undefined;
    if (!isInternet) continue;
    const target = type === CNAME ? readName(message, begin) : { name: '', end: at };
    if (target?.end !== at) return undefined;
    const data = message.subarray(begin, at);
    records.push({ owner: owner.name, type, data, target: target.name });
  }
  return records;
}

/**
 * The name at `start`, in lower case; undefined if it is none. Pointers lead backwards only, so
 * that no name goes round in a circle; a dot inside a label would read as two labels.
 */
function readName(
  message: Buffer,
  start: number,
): { readonly name: string; readonly end: number } | undefined {
  const labels: string[] = [];
  let chars = 0;
  let end: number | undefined;
  let lowest = start;
  for (let at = start; ; ) {
    const length = message[at];
    if (length === undefined) return undefined;
    if (length === 0) return { name: asciiLower(labels.join('.')), end: end ?? at + 1 };
    if ((length & POINTER) === POINTER) {
      const low = message[at + 1];
      if (low === undefined) return undefined;
      end ??= at + 2;
      at = ((length & ~POINTER) << 8) | low;
      if (at >= lowest) return undefined;
      lowest = at;
      continue;
    }
    const label = message.subarray(at + 1, at + 1 + length);
    chars += length + 1;
    if (length > 63 || label.length < length || chars - 1 > NAME_CHARS_MAX) return undefined;
    if (label.includes(0x2e)) return undefined;
    labels.push(label.toString('latin1'));
    at += 1 + length;
  }
}

function addressText(data: Buffer): string {
  if (data.length === ADDRESS_BYTES[4]) return data.join('.');
  const groups = Array.from({ length: 8 }, (_, at) => data.readUInt16BE(at * 2).toString(16));
  return groups.join(':');
}
