import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Row, Section } from '../report.ts';
import type { Scratch } from '../scratch.ts';
import { median, percentile, rounded } from '../statistics.ts';
import { apiClient, type Client } from './client.ts';
import { startLocal, startReceiverProcess } from './processes.ts';

const WARM_UP = 100;
const CALLS = 1_000;
/** What a service that is not on this machine takes. */
const SERVICE_MS = [0, 20] as const;
const REQUEST_MS_MAX = 30_000;
const IDLE_MS_MAX = 3_000;

/** What a call through Breakwater costs over a bare request to the same service. */
export async function callsSection(scratch: Scratch): Promise<Section> {
  const local = await startLocal(scratch, { home: await scratch.folder('home') });
  const client = apiClient(local);
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS_MAX });
  scratch.onEnd(async () => {
    client.close();
    agent.destroy();
  });
  const rows: Row[] = [];
  for (const ms of SERVICE_MS) {
    const receiver = await startReceiverProcess(scratch, ms);
    const name = `service-${ms}`;
    const endpoint = `${receiver.url}/${name}`;
    await client.addIntegration(name, endpoint, { serviceType: 'rest_api', eventTypes: ['none'] });
    const measured = await interleaved(client, agent, name, endpoint);
    rows.push(...rowsOf(ms, measured));
    await receiver.stop();
  }
  const failures = await local.child.call<readonly string[]>('failures');
  await local.stop();
  return {
    name: 'calls',
    rows,
    notes: [
      `${CALLS} of each, one after the other in turn, after ${WARM_UP}; one caller, everything on ` +
        'this machine: API, authorizer and function as threads, tables and queues as processes.',
    ],
    details: { failures },
  };
}

interface Measured {
  readonly bareMs: readonly number[];
  readonly calledMs: readonly number[];
}

async function interleaved(
  client: Client,
  agent: Agent,
  name: string,
  endpoint: string,
): Promise<Measured> {
  const bareMs: number[] = [];
  const calledMs: number[] = [];
  const body = { method: 'GET', path: '/items', query: { page: 1 } };
  for (let i = -WARM_UP; i < CALLS; i++) {
    const bare = await timed(() => get(agent, `${endpoint}/items?page=1`));
    const called = await timed(() =>
      client.ask('POST', `/v1/integrations/${name}/call`, { expect: 200, body }),
    );
    if (i < 0) continue;
    bareMs.push(bare);
    calledMs.push(called);
  }
  return { bareMs, calledMs };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

function get(agent: Agent, url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, timeout: REQUEST_MS_MAX }, (answer) => {
      text(answer).then(resolve, reject);
    });
    sent.on('timeout', () => sent.destroy(new Error(`${url} took ${REQUEST_MS_MAX} ms.`)));
    sent.on('error', reject).end();
  });
}

function rowsOf(serviceMs: number, { bareMs, calledMs }: Measured): readonly Row[] {
  const of = (times: readonly number[]) => [median(times), percentile(times, 0.95)] as const;
  const [bare, called] = [of(bareMs), of(calledMs)];
  const where = `a service of ${serviceMs} ms`;
  const shown = ([p50, p95]: readonly [number, number]) =>
    `${rounded(p50, 1)} / ${rounded(p95, 1)}`;
  const unit = 'ms, p50 / p95';
  return [
    { what: `bare request to ${where}`, figure: shown(bare), unit },
    { what: `the same as a call`, figure: shown(called), unit },
    { what: 'what the call adds', figure: shown([called[0] - bare[0], called[1] - bare[1]]), unit },
  ];
}
