import { createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { dial } from '../../../lib/adapters/http/dial.ts';
import { type Lookup, systemLookup } from '../../../lib/adapters/http/resolver.ts';
import { httpSender } from '../../../lib/adapters/http/sender.ts';
import type { HostAnswer } from '../../../lib/domain/dns-message.ts';
import { checkAnswer, type EgressPolicy } from '../../../lib/domain/egress.ts';
import { dice } from '../../domain/egress-spellings.ts';
import { type AnswerRecord, startNameServer } from '../../fakes/name-server.ts';
import { call, destination, expectReleased } from './calls.ts';

const FLIPS = 10_000;
const NAME_SERVER_FLIPS = 1_000;
const SEED = Date.now() >>> 0;
const LOCAL: EgressPolicy = { mode: 'loopback', ownHosts: ['hooks.breakwater.dev'] };
const OWN = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
const HAS_IPV6 = OWN.some(({ address }) => address === '::1');

/** This machine by vetted addresses; only these may be connected to. */
const GOOD = ['127.0.0.1', ...(HAS_IPV6 ? ['::1'] : [])];
/** Among them every other way to this machine: whoever goes there is seen. */
const BAD = [
  ...['0.0.0.0', '::', '::ffff:127.0.0.1', '169.254.169.254', '10.0.0.5', '8.8.8.8', 'fd00:ec2::1'],
  ...OWN.filter(({ internal }) => !internal).map(({ address }) => address),
];
const ALIASES = ['cdn.example.net', 'a.example.org', 'db.internal', 'hooks.breakwater.dev'];

const running: { close(): void }[] = [];
afterEach(() => {
  for (const one of running.splice(0)) one.close();
});

/** Listens on every address of this machine and notes by which of them it was reached. */
async function trap() {
  const reached: string[] = [];
  const sockets = new Set<Socket>();
  let bytes = 0;
  const server = createServer((socket) => {
    reached.push((socket.localAddress ?? '').replace('::ffff:', ''));
    sockets.add(socket.on('error', () => undefined));
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, HAS_IPV6 ? '::' : '0.0.0.0', resolve));
  running.push({
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { port, reached, bytes: () => bytes };
}

function answer(roll: () => number): HostAnswer {
  const pick = (from: readonly string[]) => from[roll() % from.length] ?? '';
  const some = (count: number, from: readonly string[]) =>
    Array.from({ length: count }, () => pick(from));
  const addresses = [...some(roll() % 3, GOOD), ...(roll() % 2 === 0 ? some(roll() % 3, BAD) : [])];
  const isTurned = roll() % 2 === 0;
  return {
    addresses: isTurned ? addresses.toReversed() : addresses,
    aliases: roll() % 4 === 0 ? some(roll() % 3, ALIASES) : [],
  };
}

describe(`a resolver that rebinds, with seed ${SEED}`, () => {
  it(`is asked once by each of ${FLIPS} attempts, and leads none to an address unvetted`, {
    timeout: 240_000,
  }, async () => {
    const roll = dice(SEED);
    const inner = await trap();
    let lookups = 0;
    let given: HostAnswer = { addresses: [], aliases: [] };
    const lookup: Lookup = async () => {
      lookups++;
      given = answer(roll); // Another one each time it is asked, also within one attempt.
      return given;
    };
    const sender = httpSender({ policy: LOCAL, lookup });
    const seen = { sent: 0, refused: 0 };
    for (let flip = 0; flip < FLIPS; flip++) {
      const [connections, bytes] = [inner.reached.length, inner.bytes()];
      const result = await sender.send(call(`http://localhost:${inner.port}/`));
      if (lookups !== flip + 1) throw new Error(`attempt ${flip} looked up more than once`);
      const isVetted = checkAnswer(given, 'loopback', LOCAL).ok && !isAnyBad(given);
      if (isVetted) seen.sent++;
      else seen.refused++;
      expect(result.statusCode).toBe(isVetted ? 200 : null);
      if (isVetted) continue;
      expect([inner.reached.length, inner.bytes()]).toEqual([connections, bytes]);
    }
    expect(inner.reached.filter((address) => !GOOD.includes(address))).toEqual([]);
    expect(Math.min(seen.sent, seen.refused)).toBeGreaterThan(FLIPS / 10);
    process.stdout.write(
      `${FLIPS} flips: ${lookups} lookups, ${seen.sent} sent, ${seen.refused} refused, ` +
        '0 connections and 0 bytes to a peer unvetted\n',
    );
  });

  it(`behind a name server is asked two questions by each of ${NAME_SERVER_FLIPS} attempts`, {
    timeout: 120_000,
  }, async () => {
    const roll = dice(SEED);
    const server = await startNameServer(({ name, type }) => {
      const inner = type === 'A' ? [10, 0, 0, roll() % 256] : [0xfd, ...new Array(15).fill(1)];
      const outer = type === 'A' ? [8, 8, 8, 8] : [0x26, ...new Array(15).fill(1)];
      const bad: AnswerRecord = { owner: name, type, data: inner };
      const fine: AnswerRecord = { owner: name, type, data: outer };
      const hidden: readonly AnswerRecord[] = [
        { owner: name, type: 'CNAME', data: 'db.internal' },
        { owner: 'db.internal', type, data: outer },
      ];
      return [[bad], [fine, bad], hidden, [bad, fine]][roll() % 4] ?? [bad];
    });
    running.push(server);
    const policy: EgressPolicy = { mode: 'strict', ownHosts: [] };
    const sender = httpSender({ policy, lookup: systemLookup([server.address]) });
    const details = new Map<string, number>();
    for (let flip = 1; flip <= NAME_SERVER_FLIPS; flip++) {
      const { error, detail = '' } = await sender.send(call('https://rebind.example.com/'));
      expect(error).toBe('blocked');
      expect(server.seen).toHaveLength(2 * flip);
      details.set(detail, (details.get(detail) ?? 0) + 1);
    }
    expect([...details.keys()].sort()).toEqual(['address_not_public', 'alias_not_public']);
  });
});

it('a connection that ends elsewhere than at the vetted address is given up without a byte', async () => {
  const sink = await destination();
  const url = {
    scheme: 'http',
    host: 'a.example.com',
    port: sink.port,
    path: '/',
    isAddress: false,
    reach: 'public',
  } as const;
  // The system takes 0.0.0.0 for this machine: the peer is then 127.0.0.1, which nobody vetted.
  const context = () => {
    throw new Error('no TLS here');
  };
  const dialled = await dial(url, '0.0.0.0', context, new AbortController().signal);
  expect(dialled).toEqual({
    ok: false,
    failure: { error: 'blocked', detail: 'peer_mismatch' },
  });
  await expectReleased(sink);
  expect([sink.connections(), sink.bytesReceived()]).toEqual([1, 0]);
});

function isAnyBad({ addresses }: HostAnswer): boolean {
  return addresses.some((address) => BAD.includes(address));
}
