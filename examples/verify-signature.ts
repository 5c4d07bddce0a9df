/**
 * The receiving side: checks that a request comes from Breakwater and was not changed or replayed.
 * Plain Node, no dependency; copy `verifySignature` into your service.
 *
 *   WEBHOOK_SECRET=whsec_… node examples/verify-signature.ts     (or whpk_… for ed25519)
 *
 * (during a rotation the new and the old one, with a space between)
 *
 * then listens on 127.0.0.1, port PORT (default 9000), and prints every event that is genuine.
 */
import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import { realpathSync } from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
} from 'node:http';

const TOLERANCE_SECONDS = 300;
const BODY_BYTES_MAX = 2_097_152;
const SIGNATURES_MAX = 16;
const SECRET_BYTES_MIN = 24;

/**
 * True only if one of your keys signed exactly these bytes within the last five minutes. `keys`
 * holds one key, or two while a secret is rotated. `body` must be the raw bytes as they arrived:
 * parsed and written again, JSON is other bytes.
 */
export function verifySignature(
  keys: readonly string[],
  headers: IncomingHttpHeaders,
  body: Uint8Array,
  nowSeconds: number,
): boolean {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (typeof id !== 'string' || !/^[A-Za-z0-9_-]{1,128}$/.test(id)) return false;
  if (typeof timestamp !== 'string' || !/^(0|[1-9]\d{0,11})$/.test(timestamp)) return false;
  if (typeof signatures !== 'string') return false;
  if (Math.abs(nowSeconds - Number(timestamp)) > TOLERANCE_SECONDS) return false;

  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const candidates = signatures.split(' ').slice(0, SIGNATURES_MAX);
  return keys.some((key) => candidates.some((candidate) => agrees(key, content, candidate)));
}

function agrees(key: string, content: Buffer, candidate: string): boolean {
  const [, version, signature = ''] = /^(v1a?),([A-Za-z0-9+/]+={0,2})$/.exec(candidate) ?? [];
  const given = Buffer.from(signature, 'base64');
  if (version === 'v1' && key.startsWith('whsec_')) {
    const secret = Buffer.from(key.slice('whsec_'.length), 'base64');
    // A secret cut off while pasting would be one that anybody can sign with.
    if (secret.length < SECRET_BYTES_MIN) return false;
    const mac = createHmac('sha256', secret).update(content).digest();
    return given.length === mac.length && timingSafeEqual(given, mac);
  }
  if (version === 'v1a' && key.startsWith('whpk_')) {
    const x = Buffer.from(key.slice('whpk_'.length), 'base64').toString('base64url');
    const jwk = { kty: 'OKP', crv: 'Ed25519', x };
    return verify(null, content, createPublicKey({ key: jwk, format: 'jwk' }), given);
  }
  return false;
}

/**
 * Answers 204 to what is genuine and hands it to `accept`; 401 to everything else. Breakwater
 * delivers at least once: do the work for a `webhook-id` only if you have not done it yet.
 */
export function receiver(
  keys: readonly string[],
  accept: (id: string, event: unknown) => void,
): Server {
  return createServer((request, response) => {
    answer(request).then(
      (statusCode) => response.writeHead(statusCode).end(),
      // Cut off in the middle, or no JSON: anything but a 2xx makes Breakwater try again.
      () => response.writeHead(400).end(),
    );
  });

  async function answer(request: IncomingMessage): Promise<number> {
    const body = await bodyOf(request);
    if (body === undefined) return 413;
    const nowSeconds = Math.floor(Date.now() / 1000);
    if (!verifySignature(keys, request.headers, body, nowSeconds)) return 401;
    accept(String(request.headers['webhook-id']), JSON.parse(body.toString('utf8')));
    return 204;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

if (isRun()) {
  const { WEBHOOK_SECRET = '', PORT = '9000' } = process.env;
  if (WEBHOOK_SECRET === '') {
    process.stderr.write('Set WEBHOOK_SECRET to the integration’s whsec_… secret or whpk_… key.\n');
    process.exitCode = 1;
  } else {
    const server = receiver(WEBHOOK_SECRET.split(' '), (id, event) => {
      process.stdout.write(`${id} ${JSON.stringify(event)}\n`);
    });
    server.listen(Number(PORT), '127.0.0.1', () => {
      process.stdout.write(`Waiting for webhooks on http://127.0.0.1:${PORT}\n`);
    });
  }
}

/** `import.meta.main`, which the first releases of Node 24 have not. */
function isRun(): boolean {
  const [, script] = process.argv;
  return script !== undefined && realpathSync(script) === import.meta.filename;
}
