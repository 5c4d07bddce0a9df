/**
 * A destination over real sockets that does exactly what a test tells it, byte by byte, and keeps
 * a ledger of what it saw. It listens on 127.0.0.1 and speaks HTTP/1.1 only as far as needed.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** Lower-case names; repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly atMs: number;
  /** Counts connections from 1: equal numbers came over the same one. */
  readonly connection: number;
}

/** One thing to do with the connection; a list of them is a script. */
export type Step =
  | { readonly kind: 'write'; readonly data: string | Uint8Array }
  /** One byte after the other, `everyMs` apart. */
  | { readonly kind: 'trickle'; readonly data: string; readonly everyMs: number }
  /** The same bytes until the other side is gone, as fast as it reads. */
  | { readonly kind: 'flood'; readonly data: string | Uint8Array }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'until'; readonly done: Promise<unknown> }
  /** FIN, with our own reading side left open. */
  | { readonly kind: 'end' }
  /** RST. */
  | { readonly kind: 'reset' }
  /** Nothing more, for ever. */
  | { readonly kind: 'hang' };

export interface DestinationOptions {
  /** What to do once a whole request is in; the default answers 200. `index` counts from 0. */
  readonly script?: (request: SeenRequest, index: number) => readonly Step[];
  /** What to do as soon as a connection is there, without waiting for a request. */
  readonly onConnect?: readonly Step[];
  /** Speaks TLS with these; `onConnect` then comes after the handshake. */
  readonly tls?: TlsOptions;
  readonly host?: string;
  readonly port?: number;
}

export interface Destination {
  readonly port: number;
  /** `http://127.0.0.1:port`, or https. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Connections ever accepted, before any TLS handshake. */
  connections(): number;
  /** Connections now open. */
  open(): number;
  /** Bytes ever received, TLS included. */
  bytesReceived(): number;
  /** Closes every connection now open, as a server does that is restarted. */
  dropAll(): void;
  close(): Promise<void>;
}

/** Starts a destination on a free port. */
export async function startDestination(options: DestinationOptions = {}): Promise<Destination> {
  const {
    script = () => answer(200),
    onConnect,
    tls,
    host = '127.0.0.1',
    port: wanted = 0,
  } = options;
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let accepted = 0;
  let received = 0;

  const serve = (socket: Socket) => {
    const connection = accepted;
    // Under TLS, the socket that carries it: only that one can be reset.
    const { remotePort } = socket;
    const carrier = () => [...sockets].find((one) => one.remotePort === remotePort) ?? socket;
    if (onConnect !== undefined) void play(socket, onConnect, carrier);
    readRequests(socket, (request) => {
      const seen = { ...request, atMs: Date.now(), connection };
      requests.push(seen);
      return play(socket, script(seen, requests.length - 1), carrier);
    });
  };
  const server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  server.on('tlsClientError', () => undefined);
  server.on('connection', (socket: Socket) => {
    accepted++;
    sockets.add(socket);
    socket
      .on('error', () => undefined)
      .on('close', () => {
        received += socket.bytesRead;
        sockets.delete(socket);
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(wanted, host, resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    port,
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    connections: () => accepted,
    open: () => sockets.size,
    bytesReceived: () => [...sockets].reduce((sum, socket) => sum + socket.bytesRead, received),
    dropAll: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A whole answer with its length; the connection stays open. */
export function answer(
  status: number,
  body: string | Uint8Array = '',
  headers: Readonly<Record<string, string>> = {},
): readonly Step[] {
  const bytes = Buffer.from(body);
  return [
    { kind: 'write', data: head(status, { 'content-length': String(bytes.length), ...headers }) },
    { kind: 'write', data: bytes },
  ];
}

/** Status line and headers, the empty line included. */
export function head(status: number, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Whatever\r\n${lines.join('')}\r\n`;
}

async function play(socket: Socket, steps: readonly Step[], carrier: () => Socket): Promise<void> {
  for (const step of steps) {
    if (socket.destroyed) return;
    await perform(socket, step, carrier);
  }
}

async function perform(socket: Socket, step: Step, carrier: () => Socket): Promise<void> {
  switch (step.kind) {
    case 'write':
      return write(socket, step.data);
    case 'trickle':
      for (const byte of Buffer.from(step.data)) {
        if (socket.destroyed) return;
        await write(socket, Uint8Array.of(byte));
        await sleep(step.everyMs);
      }
      return;
    case 'flood':
      while (!socket.destroyed) await write(socket, step.data);
      return;
    case 'wait':
      await sleep(step.ms);
      return;
    case 'until':
      await step.done;
      return;
    case 'end':
      socket.end();
      return;
    case 'reset':
      carrier().resetAndDestroy();
      return;
    case 'hang':
      return new Promise<void>((resolve) => socket.once('close', () => resolve()));
  }
}

/** Done when the bytes are on their way, or when nobody is there to take them. */
async function write(socket: Socket, data: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.once('close', resolve);
    socket.write(data, () => {
      socket.off('close', resolve);
      // Not at once: a flood must leave the test's own timers their turn.
      setImmediate(resolve);
    });
  });
}

type Parsed = Pick<SeenRequest, 'method' | 'path' | 'headers' | 'body'>;

/** Reads one request after the other: all of ours come with a length. */
function readRequests(socket: Socket, onRequest: (request: Parsed) => Promise<void>): void {
  let chunks: Buffer[] = [];
  let bytes = 0;
  let bytesNeeded = 0;
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes < bytesNeeded) return;
    const pending = Buffer.concat(chunks);
    chunks = [pending];
    const end = pending.indexOf('\r\n\r\n');
    if (end < 0) return;
    const request = parseHead(pending.subarray(0, end).toString('latin1'));
    bytesNeeded = end + 4 + Number(request.headers['content-length'] ?? '0');
    if (bytes < bytesNeeded) return;
    const body = Buffer.from(pending.subarray(end + 4, bytesNeeded));
    chunks = [pending.subarray(bytesNeeded)];
    bytes -= bytesNeeded;
    bytesNeeded = 0;
    void onRequest({ ...request, body });
  });
}

function parseHead(text: string): Omit<Parsed, 'body'> {
  const [requestLine = '', ...lines] = text.split('\r\n');
  const [method = '', path = ''] = requestLine.split(' ');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]},${value}` : value;
  }
  return { method, path, headers };
}
