/** A name server on this machine that says exactly what a test tells it, over UDP and TCP. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

const TYPES = { A: 1, CNAME: 5, TXT: 16, AAAA: 28, DNAME: 39 } as const;
export type RecordType = keyof typeof TYPES;

export interface Question {
  readonly name: string;
  readonly type: 'A' | 'AAAA';
  /** The whole message. */
  readonly message: Buffer;
  readonly over: 'udp' | 'tcp';
}

/** `data`: a name where the type has one, otherwise the bytes. */
export interface AnswerRecord {
  readonly owner: string;
  readonly type: RecordType;
  readonly data: string | readonly number[];
}

/** Records, a status code, `truncated`, whole messages of the test's own, or nothing at all. */
export type Reply =
  | readonly AnswerRecord[]
  | { readonly code: number }
  | { readonly raw: readonly Buffer[] }
  | 'truncated'
  | 'silence';

export interface FakeNameServer {
  /** As `systemLookup` takes it. */
  readonly address: string;
  /** `A hooks.example.com`, over TCP with ` tcp` behind it. */
  readonly seen: readonly string[];
  close(): void;
}

/** Ports that are free for the one and taken for the other. */
const PORTS_TRIED_MAX = 50;

/** Both on one port: that of the first is drawn, and somebody else may have it for the second. */
async function listening(tcp: Server): Promise<{ readonly udp: UdpSocket; readonly port: number }> {
  for (let tries = 1; ; tries++) {
    tcp.listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const { port } = tcp.address() as AddressInfo;
    const udp = createSocket('udp4');
    try {
      udp.bind(port, '127.0.0.1');
      await once(udp, 'listening');
      return { udp, port };
    } catch (error) {
      udp.close();
      tcp.close();
      await once(tcp, 'close');
      if (tries === PORTS_TRIED_MAX) throw error;
    }
  }
}

export async function startNameServer(
  replyTo: (question: Question) => Reply,
): Promise<FakeNameServer> {
  const seen: string[] = [];
  const answered = (message: Buffer, over: Question['over']): readonly Buffer[] => {
    const { name, end } = nameIn(message);
    const type = message.readUInt16BE(end) === TYPES.A ? 'A' : 'AAAA';
    seen.push(`${type} ${name}${over === 'tcp' ? ' tcp' : ''}`);
    const reply = replyTo({ name, type, message, over });
    if (reply === 'silence') return [];
    if (typeof reply === 'object' && 'raw' in reply) return reply.raw;
    return [response(message.subarray(0, end + 4), reply)];
  };
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.on('data', (chunk: Buffer) => {
      for (const reply of answered(chunk.subarray(2), 'tcp')) {
        const length = Buffer.from([reply.length >> 8, reply.length & 0xff]);
        socket.write(length);
        socket.write(reply);
      }
    });
  });
  const { udp, port } = await listening(tcp);
  udp.on('message', (message, from) => {
    for (const reply of answered(message, 'udp')) udp.send(reply, from.port);
  });
  return {
    address: `127.0.0.1:${port}`,
    seen,
    close() {
      udp.close();
      tcp.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A message that answers `question`, up to the end of its question section. */
export function response(
  question: Buffer,
  reply: readonly AnswerRecord[] | { readonly code: number } | 'truncated',
): Buffer {
  const head = Buffer.from(question);
  const records = reply === 'truncated' || 'code' in reply ? [] : reply;
  const code = reply !== 'truncated' && 'code' in reply ? reply.code : 0;
  head.writeUInt16BE(0x8180 | code | (reply === 'truncated' ? 0x0200 : 0), 2);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...records.map(recordBytes)]);
}

function recordBytes({ owner, type, data }: AnswerRecord): Buffer {
  const bytes = typeof data === 'string' ? nameBytes(data) : Buffer.from(data);
  const length = [bytes.length >> 8, bytes.length & 0xff];
  const fixed = Buffer.from([0, TYPES[type], 0, 1, 0, 0, 0, 1, ...length]);
  return Buffer.concat([nameBytes(owner), fixed, bytes]);
}

export function nameBytes(name: string): Buffer {
  const labels = name === '' ? [] : name.split('.');
  const parts = labels.map((label) =>
    Buffer.concat([Buffer.of(label.length), Buffer.from(label, 'latin1')]),
  );
  return Buffer.concat([...parts, Buffer.of(0)]);
}

function nameIn(message: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (; (message[at] ?? 0) > 0; at += 1 + (message[at] ?? 0)) {
    labels.push(message.toString('latin1', at + 1, at + 1 + (message[at] ?? 0)));
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}
