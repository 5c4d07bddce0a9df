import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { systemLookup } from '../../../lib/adapters/http/resolver.ts';

const NEVER = new AbortController().signal;
const A = 1;
const SERVFAIL = 2;
const NXDOMAIN = 3;

type Reply = readonly (readonly number[])[] | { readonly code: number } | 'silence';

let server: Socket | undefined;
afterEach(() => {
  server?.close();
  server = undefined;
});

/** A name server that answers every question of a type with the same addresses. */
async function nameServer(replies: { readonly a: Reply; readonly aaaa: Reply }) {
  const seen: string[] = [];
  const socket = createSocket('udp4');
  server = socket;
  socket.on('message', (query, from) => {
    const end = query.indexOf(0, 12);
    const type = query.readUInt16BE(end + 1);
    seen.push(`${type === A ? 'A' : 'AAAA'} ${nameIn(query)}`);
    const reply = type === A ? replies.a : replies.aaaa;
    if (reply !== 'silence')
      socket.send(response(query.subarray(0, end + 5), type, reply), from.port);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { servers: [`127.0.0.1:${socket.address().port}`], seen };
}

function nameIn(query: Buffer): string {
  const labels: string[] = [];
  for (let at = 12; (query[at] ?? 0) > 0; at += 1 + (query[at] ?? 0)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + (query[at] ?? 0)).toLowerCase());
  }
  return labels.join('.');
}

function response(question: Buffer, type: number, reply: Exclude<Reply, 'silence'>): Buffer {
  const head = Buffer.from(question);
  const addresses = 'code' in reply ? [] : reply;
  head.writeUInt16BE(0x8180 | ('code' in reply ? reply.code : 0), 2);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt32BE(0, 8);
  const records = addresses.map((address) =>
    Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 1, 0, address.length, ...address]),
  );
  return Buffer.concat([head, ...records]);
}

const V6 = [0x26, 0x06, 0x47, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

describe('looking a host up', () => {
  it('brings every address of both families, each asked for once', async () => {
    const { servers, seen } = await nameServer({
      a: [
        [8, 8, 8, 8],
        [10, 0, 0, 1],
      ],
      aaaa: [V6],
    });
    expect(await systemLookup(servers)('hooks.example.com', NEVER)).toEqual([
      '8.8.8.8',
      '10.0.0.1',
      '2606:4700::1',
    ]);
    expect(seen.sort()).toEqual(['A hooks.example.com', 'AAAA hooks.example.com']);
  });

  it.each<[Reply, Reply, readonly string[]]>([
    [[[8, 8, 8, 8]], [], ['8.8.8.8']],
    [[[8, 8, 8, 8]], { code: SERVFAIL }, ['8.8.8.8']],
    [[], [V6], ['2606:4700::1']],
  ])('is content with one family', async (a, aaaa, expected) => {
    const { servers } = await nameServer({ a, aaaa });
    expect(await systemLookup(servers)('hooks.example.com', NEVER)).toEqual(expected);
  });

  it.each<[Reply, Reply, string]>([
    [{ code: NXDOMAIN }, { code: NXDOMAIN }, 'ENOTFOUND'],
    [[], [], 'ENODATA'],
    [{ code: SERVFAIL }, { code: SERVFAIL }, 'ESERVFAIL'],
    [[], { code: SERVFAIL }, 'ESERVFAIL'],
  ])('tells a missing name from a server out of order', async (a, aaaa, code) => {
    const { servers } = await nameServer({ a, aaaa });
    await expect(systemLookup(servers)('hooks.example.com', NEVER)).rejects.toMatchObject({ code });
  });

  it('ends with the attempt', async () => {
    const { servers } = await nameServer({ a: 'silence', aaaa: 'silence' });
    const started = performance.now();
    const lookup = systemLookup(servers)('hooks.example.com', AbortSignal.timeout(100));
    await expect(lookup).rejects.toMatchObject({ code: 'ECANCELLED' });
    expect(performance.now() - started).toBeLessThan(350);
  });

  it('asks nobody about localhost', async () => {
    const { servers, seen } = await nameServer({ a: [[8, 8, 8, 8]], aaaa: [] });
    expect(await systemLookup(servers)('localhost', NEVER)).toEqual(['127.0.0.1', '::1']);
    expect(seen).toEqual([]);
  });

  it('does not try the search domains of the system', async () => {
    const { servers, seen } = await nameServer({ a: { code: NXDOMAIN }, aaaa: { code: NXDOMAIN } });
    await systemLookup(servers)('a.b', NEVER).catch(() => undefined);
    expect(new Set(seen)).toEqual(new Set(['A a.b', 'AAAA a.b']));
  });
});
