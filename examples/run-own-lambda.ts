/**
 * Runs `own-lambda.ts` against the local run: `npm start` in one terminal, and in another
 *
 *   node_modules/.bin/node --env-file=.breakwater/functions.env examples/run-own-lambda.ts
 *
 * The environment file holds what the functions of the local run have in theirs. A partner that can
 * be switched off is started here, and registered as the integration `price-partner`.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const NAME = 'price-partner';
/** The open period of one second, and what chance adds to it. */
const OPEN_MS = 1_300;

const print = (text: string) => process.stdout.write(`${text}\n`);
const home = process.env.BREAKWATER_HOME ?? '.breakwater';
const local: { readonly url: string; readonly apiKey: string } = JSON.parse(
  await readFile(`${home}/local.json`, 'utf8'),
);

async function api(method: string, path: string, body?: object): Promise<Response> {
  const headers = {
    authorization: `Bearer ${local.apiKey}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return await fetch(`${local.url}/v1/integrations${path}`, { method, headers, ...sent });
}

const partner = { isDown: false, asked: 0 };
const server = createServer((_, response) => {
  partner.asked += 1;
  response.writeHead(partner.isDown ? 503 : 200, { 'content-type': 'application/json' });
  response.end('{"amount":42}');
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const partnerUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

await api('DELETE', `/${NAME}`);
const registered = await api('POST', '', {
  name: NAME,
  serviceType: 'rest_api',
  endpoint: partnerUrl,
  // It is called from here alone, and gets no deliveries.
  eventTypes: ['none'],
  breaker: { consecutiveFailures: 3, openSeconds: 1, halfOpenCalls: 1 },
});
if (registered.status !== 201) throw new Error(`Not registered: ${await registered.text()}`);

process.env.PARTNER_URL = partnerUrl;
// The function's log lines and figures would hide what is printed here.
process.env.POWERTOOLS_LOG_LEVEL ??= 'SILENT';
process.env.POWERTOOLS_METRICS_DISABLED ??= 'true';
const { handler } = await import('./own-lambda.ts');

async function ask(): Promise<void> {
  partner.asked = 0;
  const { amount, source } = await handler({ sku: 'sku-1' });
  const answer = await api('GET', `/${NAME}/breaker`);
  const { state } = (await answer.json()) as { readonly state: string };
  print(`  ${amount} from ${source}; partner asked ${partner.asked} times; breaker ${state}`);
}

print('The partner is well.');
await ask();
print('It goes down: three retries in ten seconds, then none; three failed calls, then no call.');
partner.isDown = true;
for (let call = 0; call < 4; call++) await ask();
print('It comes back: one probe, and all is well.');
partner.isDown = false;
await sleep(OPEN_MS);
await ask();
await ask();
server.close();
server.closeAllConnections();
