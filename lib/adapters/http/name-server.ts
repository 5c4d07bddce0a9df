/** One question to one name server of the system. Settles when `until` aborts; never rejects. */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { DNS_MESSAGE_BYTES_MAX, type DnsReply } from '../../domain/dns-message.ts';
import { codeOf } from './failure.ts';

export interface NameServer {
  readonly address: string;
  readonly port: number;
}

type Failed = Extract<DnsReply, { kind: 'failed' }>;
type Read = (message: Buffer) => DnsReply;

const DNS_PORT = 53;
const LENGTH_BYTES = 2;

export function failed(code: string): Failed {
  return { kind: 'failed', code };
}

/** By which an answer is known, together with the port that the system draws for each question. */
export function queryId(): number {
  return randomInt(0x1_0000);
}

/** Reads `1.2.3.4`, `1.2.3.4:53`, `::1` and `[::1]:53`, as `getServers` writes them. */
export function nameServer(text: string): NameServer {
  if (isIPv6(text)) return { address: text, port: DNS_PORT };
  const [, bracketed, plain = '', port = DNS_PORT] =
    /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  return { address: bracketed ?? plain, port: Number(port) };
}

/** A socket and with it a source port of its own; connected, so only the server is heard. */
export function askOverUdp(
  { address, port }: NameServer,
  query: Buffer,
  read: Read,
  until: AbortSignal,
): Promise<DnsReply> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    let isSettled = false;
    const late = () => settle(failed('ETIMEOUT'));
    const settle = (reply: DnsReply) => {
      if (isSettled) return;
      isSettled = true;
      until.removeEventListener('abort', late);
      socket.removeAllListeners().on('error', () => undefined);
      closeQuietly(socket);
      resolve(reply);
    };
    const failedWith = (error: unknown) => settle(failed(codeOf(error) || 'ECONNREFUSED'));
    socket.on('error', failedWith);
    socket.on('message', (message) => {
      const reply = read(message);
      if (reply.kind !== 'foreign') settle(reply);
    });
    until.addEventListener('abort', late, { once: true });
    if (until.aborted) return late();
    // Without an argument once it is connected, though its type knows of none ever.
    socket.connect(port, address, (...[error]: readonly unknown[]) => {
      if (error !== undefined && error !== null) failedWith(error);
      else if (!isSettled) socket.send(query);
    });
  });
}

export function askOverTcp(
  { address, port }: NameServer,
  query: Buffer,
  read: Read,
  until: AbortSignal,
): Promise<DnsReply> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, autoSelectFamily: false });
    const late = () => settle(failed('ETIMEOUT'));
    const settle = (reply: DnsReply) => {
      until.removeEventListener('abort', late);
      socket.destroy();
      resolve(reply);
    };
    let pending = Buffer.alloc(0);
    socket.on('error', (error) => settle(failed(codeOf(error) || 'ECONNREFUSED')));
    socket.on('close', () => settle(failed('EBADRESP')));
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      const length = pending.length < LENGTH_BYTES ? Infinity : pending.readUInt16BE(0);
      const isWhole = pending.length >= LENGTH_BYTES + length;
      if (isWhole) settle(read(pending.subarray(LENGTH_BYTES, LENGTH_BYTES + length)));
      else if (pending.length > DNS_MESSAGE_BYTES_MAX + LENGTH_BYTES) settle(failed('EBADRESP'));
    });
    until.addEventListener('abort', late, { once: true });
    if (until.aborted) return late();
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt16BE(query.length);
    socket.write(Buffer.concat([length, query]));
  });
}

/** A socket that never came to be bound is closed already. */
function closeQuietly(socket: ReturnType<typeof createSocket>): void {
  try {
    socket.close();
  } catch (error) {
    if (codeOf(error) !== 'ERR_SOCKET_DGRAM_NOT_RUNNING') throw error;
  }
}
