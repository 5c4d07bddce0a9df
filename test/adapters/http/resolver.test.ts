import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { nameServer } from '../../../lib/adapters/http/name-server.ts';
import { systemLookup } from '../../../lib/adapters/http/resolver.ts';
import {
  type AnswerRecord,
  type FakeNameServer,
  nameBytes,
  type Question,
  type Reply,
  response,
  startNameServer,
} from '../../fakes/name-server.ts';

const NEVER = new AbortController().signal;
/** Well before a question that nobody answers ends by itself. */
const SOON_MS = 500;
const SERVFAIL = { code: 2 };
const NXDOMAIN = { code: 3 };
const HOST = 'hooks.example.com';
const EIGHT = [8, 8, 8, 8];
const V6 = [0x26, 0x06, 0x47, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const V6_TEXT = '2606:4700:0:0:0:0:0:1';

const a = (data: readonly number[] = EIGHT, owner = HOST): AnswerRecord => ({
  owner,
  type: 'A',
  data,
});
const aaaa = (data: readonly number[] = V6, owner = HOST): AnswerRecord => ({
  owner,
  type: 'AAAA',
  data,
});
const alias = (owner: string, data: string): AnswerRecord => ({ owner, type: 'CNAME', data });

const running: FakeNameServer[] = [];
afterEach(() => {
  for (const one of running.splice(0)) one.close();
});

async function serving(replyTo: (question: Question) => Reply) {
  const server = await startNameServer(replyTo);
  running.push(server);
  return server;
}

/** Asks a server that answers every question of a type alike. */
async function looked(v4: Reply, v6: Reply = []) {
  const { address } = await serving(({ type }) => (type === 'A' ? v4 : v6));
  return systemLookup([address])(HOST, NEVER);
}

describe('looking a host up', () => {
  it('brings every address of both families, each asked for once', async () => {
    const { address, seen } = await serving(({ type }) =>
      type === 'A' ? [a(), a([10, 0, 0, 1]), a()] : [aaaa()],
    );
    expect(await systemLookup([address])(HOST, NEVER)).toEqual({
      addresses: ['8.8.8.8', '10.0.0.1', V6_TEXT],
      aliases: [],
    });
    expect([...seen].sort()).toEqual([`A ${HOST}`, `AAAA ${HOST}`]);
  });

  it.each<[Reply, Reply, readonly string[]]>([
    [[a()], [], ['8.8.8.8']],
    [[a()], SERVFAIL, ['8.8.8.8']],
    [[], [aaaa()], [V6_TEXT]],
  ])('is content with one family', async (v4, v6, addresses) => {
    expect(await looked(v4, v6)).toEqual({ addresses, aliases: [] });
  });

  it.each<[Reply, Reply, string]>([
    [NXDOMAIN, NXDOMAIN, 'ENOTFOUND'],
    [[], [], 'ENODATA'],
    [SERVFAIL, SERVFAIL, 'ESERVFAIL'],
    [[], SERVFAIL, 'ESERVFAIL'],
  ])('tells a missing name from a server out of order', async (v4, v6, code) => {
    await expect(looked(v4, v6)).rejects.toMatchObject({ code });
  });

  it('ends with the attempt', async () => {
    const { address, seen } = await serving(() => 'silence');
    const attempt = new AbortController();
    const lookup = systemLookup([address])(HOST, attempt.signal).catch((error: unknown) => error);
    await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(2);
    attempt.abort();
    // It takes no I/O: a timer that runs out on a busy machine comes after it all the same.
    const ended = await Promise.race([lookup, sleep(SOON_MS, 'still waiting')]);
    expect(ended).toMatchObject({ code: 'ECANCELLED' });
    expect(seen).toHaveLength(2);
  });

  it('asks nobody about localhost, and tries no search domain', async () => {
    const { address, seen } = await serving(() => NXDOMAIN);
    const lookup = systemLookup([address]);
    expect((await lookup('localhost', NEVER)).addresses).toEqual(['127.0.0.1', '::1']);
    expect(seen).toEqual([]);
    await lookup('a.b', NEVER).catch(() => undefined);
    expect(new Set(seen)).toEqual(new Set(['A a.b', 'AAAA a.b']));
  });

  it('goes on to the next server, and asks each a second time', async () => {
    let refusals = 0;
    const broken = await serving(() => SERVFAIL);
    const shaky = await serving(() => (++refusals <= 2 ? { code: 5 } : [a()]));
    const lookup = systemLookup([broken.address, shaky.address]);
    expect((await lookup(HOST, NEVER)).addresses).toEqual(['8.8.8.8']);
    expect(broken.seen).toHaveLength(4);
    const gone = await serving(() => 'silence');
    gone.close();
    running.pop();
    const other = await serving(() => [a()]);
    expect((await systemLookup([gone.address, other.address])(HOST, NEVER)).addresses).toEqual([
      '8.8.8.8',
    ]);
  });
});

describe('the names on the way to an address', () => {
  it('come with the addresses, out of the same answer, in whatever order', async () => {
    const chain = [
      a(EIGHT, 'c.example.net'),
      alias('b.example.org', 'C.Example.NET'),
      alias(HOST, 'b.example.org'),
    ];
    const { address, seen } = await serving(({ type }) =>
      type === 'A' ? chain : [alias(HOST, 'b.internal'), aaaa(V6, 'b.internal')],
    );
    const found = await systemLookup([address])(HOST, NEVER);
    expect(found.addresses).toEqual(['8.8.8.8', V6_TEXT]);
    expect([...found.aliases].sort()).toEqual(['b.example.org', 'b.internal', 'c.example.net']);
    expect(seen).toHaveLength(2);
  });

  it('are all there is of an answer that is believed', async () => {
    const strangers = [a(), a(EIGHT, 'elsewhere.example.com')];
    await expect(looked(strangers, strangers)).rejects.toMatchObject({ code: 'EBADRESP' });
    const beside = [a(), { owner: 'x.com', type: 'TXT', data: [1, 97] } as const];
    expect((await looked(beside)).addresses).toEqual(['8.8.8.8']);
  });
});

describe('an answer', () => {
  it('that is cut is asked for again over TCP', async () => {
    const many = Array.from({ length: 200 }, (_, at) => a([8, 8, 4, at]));
    const { address, seen } = await serving(({ type, over }) =>
      type === 'AAAA' ? [] : over === 'udp' ? 'truncated' : many,
    );
    expect((await systemLookup([address])(HOST, NEVER)).addresses).toHaveLength(200);
    expect(seen).toContain(`A ${HOST} tcp`);
  });

  it('that is cut over TCP too, or ends early, is none', async () => {
    await expect(looked('truncated', 'truncated')).rejects.toMatchObject({ code: 'EBADRESP' });
  });

  it('to another question is passed over until the right one comes', async () => {
    const { address } = await serving(({ type, message }) => {
      if (type === 'AAAA') return [];
      const good = response(message, [a()]);
      const evil = response(message, [a([6, 6, 6, 6])]);
      const withId = Buffer.from(evil);
      withId.writeUInt16BE((message.readUInt16BE(0) + 1) & 0xffff, 0);
      const asQuery = Buffer.from(evil);
      asQuery.writeUInt16BE(0x0100, 2);
      const otherName = Buffer.from(evil);
      otherName[13] = 0x7a;
      return { raw: [Buffer.of(1), withId, asQuery, otherName, good] };
    });
    expect((await systemLookup([address])(HOST, NEVER)).addresses).toEqual(['8.8.8.8']);
  });

  it.each<[string, (message: Buffer) => Buffer]>([
    ['an address of five bytes', (m) => response(m, [a([8, 8, 8, 8, 8])])],
    ['a name that points at itself', (m) => pointing(m, m.length)],
    ['a name that points ahead', (m) => pointing(m, m.length + 9)],
    ['a record cut short', (m) => response(m, [a()]).subarray(0, -1)],
    ['a dot inside a label', (m) => response(m, [alias(HOST, 'x'), dotted()])],
    ['a CNAME with bytes behind it', (m) => response(m, [longAlias()])],
    ['more records than it has', (m) => counted(response(m, [a()]), 3)],
    ['thousands of records', (m) => counted(response(m, [a()]), 9_999)],
  ])('with %s is not believed', async (_, made) => {
    const { address } = await serving(({ message }) => ({ raw: [made(message)] }));
    await expect(systemLookup([address])(HOST, NEVER)).rejects.toMatchObject({ code: 'EBADRESP' });
  });
});

const dotted = (): AnswerRecord => ({ owner: HOST, type: 'CNAME', data: [3, 0x61, 0x2e, 0x62, 0] });
const longAlias = (): AnswerRecord => ({
  owner: HOST,
  type: 'CNAME',
  data: [...nameBytes('a.example.com'), 1, 2],
});

function counted(message: Buffer, records: number): Buffer {
  message.writeUInt16BE(records, 6);
  return message;
}

/** One address, owned by a name that is a pointer alone. */
function pointing(question: Buffer, at: number): Buffer {
  const fixed = [0xc0 | (at >> 8), at & 0xff, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...EIGHT];
  const head = counted(response(question, []), 1);
  return Buffer.concat([head, Buffer.from(fixed)]);
}

it.each([
  ['1.2.3.4', '1.2.3.4', 53],
  ['1.2.3.4:5353', '1.2.3.4', 5353],
  ['::1', '::1', 53],
  ['fe80::1', 'fe80::1', 53],
  ['[2606:4700::1]:5353', '2606:4700::1', 5353],
])('the name server %s is read', (text, address, port) => {
  expect(nameServer(text)).toEqual({ address, port });
});
