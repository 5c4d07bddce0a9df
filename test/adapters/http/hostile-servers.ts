import { CALL_ANSWER_BYTES_MAX } from '../../../lib/domain/call.ts';
import { type Identity, selfSigned, testAuthority } from '../../fakes/certificates.ts';
import { answer, type Step, startDestination } from '../../fakes/destination.ts';
import { fullListener } from '../../fakes/full-listener.ts';
import { startNameServer } from '../../fakes/name-server.ts';
import { SCENARIOS } from './hostile-scenarios.ts';

export interface Target {
  readonly name: string;
  readonly url: string;
  readonly timeoutMs: number;
  readonly keepBytes?: number;
  /** Bytes of the request's body. */
  readonly body?: number;
}

export interface Served {
  readonly ca: string;
  readonly targets: readonly Target[];
  readonly silentNameServer: string;
}

const DAY_MS = 86_400_000;
const TIMEOUT_MS = 5_000;
const HUNG_MS = 400;
const NAMES = ['localhost', '127.0.0.1'];

/** Starts every destination, tells the parent where they are, and counts what fell into the trap. */
export async function serve(): Promise<void> {
  process.once('disconnect', () => process.exit()); // A parent that was killed takes it along.
  const authority = testAuthority();
  const good = authority.issue(NAMES);
  const trap = await startDestination();
  const turned = (step: Step): Step =>
    step.kind === 'write' && typeof step.data === 'string'
      ? { ...step, data: step.data.replace('{trap}', `127.0.0.1:${trap.port}`) }
      : step;

  const targets: Target[] = [];
  for (const { name, over, steps, at = 'request', timeoutMs = TIMEOUT_MS } of SCENARIOS) {
    for (const scheme of over) {
      const played = steps.map(turned);
      // What comes before TLS is over plain TCP, whatever the URL says.
      const isBare = at === 'connect';
      const { port } = await startDestination({
        ...(isBare ? { onConnect: played } : { script: () => played }),
        ...(scheme === 'https' && !isBare && { tls: good }),
      });
      targets.push({
        name: `${name}, ${scheme}`,
        url: `${scheme}://127.0.0.1:${port}/`,
        timeoutMs,
      });
    }
  }
  targets.push(
    ...(await certificates(authority)),
    ...(await deaf()),
    ...(await wholeAnswers(good)),
  );
  const { address } = await startNameServer(() => 'silence');
  process.on('message', () => process.send?.(trap.connections()));
  process.send?.({ ca: authority.ca, targets, silentNameServer: address } satisfies Served);
}

async function certificates(authority: ReturnType<typeof testAuthority>): Promise<Target[]> {
  const now = Date.now();
  const between = (fromDays: number, untilDays: number) => ({
    fromMs: now + fromDays * DAY_MS,
    untilMs: now + untilDays * DAY_MS,
  });
  const identities: Readonly<Record<string, Identity>> = {
    'certificate expired': authority.issue(NAMES, between(-2, -1)),
    'certificate not yet valid': authority.issue(NAMES, between(1, 2)),
    'certificate of another name': authority.issue(['other.example.com']),
    'certificate self-signed': selfSigned(NAMES),
    'certificate of another authority': testAuthority().issue(NAMES),
  };
  const good = authority.issue(NAMES);
  const versions = ['TLSv1', 'TLSv1.1'] as const;
  const all = [
    ...Object.entries(identities).map(([name, tls]) => ({ name, tls })),
    ...versions.map((version) => ({
      name: `only ${version}`,
      tls: { ...good, minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' },
    })),
  ];
  const targets: Target[] = [];
  for (const { name, tls } of all) {
    const { url } = await startDestination({ tls, script: () => answer(200) });
    targets.push({ name, url, timeoutMs: TIMEOUT_MS });
  }
  const plain = await startDestination({ onConnect: answer(200) });
  const url = `https://127.0.0.1:${plain.port}/`;
  return [...targets, { name: 'plain HTTP instead of TLS', url, timeoutMs: TIMEOUT_MS }];
}

/** Those that do not even look: connecting hangs, or the request is never read. */
async function deaf(): Promise<Target[]> {
  const full = await fullListener();
  const unread = await fullListener(8);
  const at = ({ port }: { port: number }, scheme: string) => `${scheme}://127.0.0.1:${port}/`;
  return [
    { name: 'connect hung, http', url: at(full, 'http'), timeoutMs: HUNG_MS },
    { name: 'connect hung, https', url: at(full, 'https'), timeoutMs: HUNG_MS },
    { name: '1 MiB never read', url: at(unread, 'http'), timeoutMs: HUNG_MS, body: 1_048_576 },
  ];
}

/** Enough pieces that reading them takes longer than there is time. */
const BUSY = 'endless pieces of 16 bytes';
const BUSY_MS = 60;

/** Synchronous calls want all of an answer: up to four mebibytes of it. */
async function wholeAnswers(identity: Identity): Promise<Target[]> {
  const keepBytes = CALL_ANSWER_BYTES_MAX;
  const head: Step = {
    kind: 'write',
    data: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
  };
  const inPieces = (bytes: number) => {
    const piece = `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`;
    return Buffer.from(`${piece.repeat(keepBytes / bytes)}0\r\n\r\n`);
  };
  const scripts: Readonly<Record<string, readonly Step[]>> = {
    '4 MiB kept': answer(200, Buffer.alloc(keepBytes, 0x20)),
    '4 MiB kept, in pieces of 32 KiB': [head, { kind: 'write', data: inPieces(32_768) }],
    '4 MiB kept, in pieces of 1 KiB': [head, { kind: 'write', data: inPieces(1_024) }],
    'more than 4 MiB announced': answer(200, Buffer.alloc(keepBytes + 1, 0x20)),
    'endless body': [head, { kind: 'flood', data: `8000\r\n${'x'.repeat(0x8000)}\r\n` }],
    'endless pieces of 1 byte': [head, { kind: 'flood', data: '1\r\nx\r\n'.repeat(9_999) }],
    [BUSY]: [head, { kind: 'flood', data: `10\r\n${'x'.repeat(16)}\r\n`.repeat(9_999) }],
  };
  const targets: Target[] = [];
  for (const [name, steps] of Object.entries(scripts)) {
    for (const scheme of ['http', 'https']) {
      const tls = scheme === 'https' && { tls: identity };
      const { port } = await startDestination({ script: () => steps, ...tls });
      const url = `${scheme}://127.0.0.1:${port}/`;
      const timeoutMs = name === BUSY ? BUSY_MS : TIMEOUT_MS;
      targets.push({ name: `a call, ${name}, ${scheme}`, url, timeoutMs, keepBytes });
    }
  }
  return targets;
}
