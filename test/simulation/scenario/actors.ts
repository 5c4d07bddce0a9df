import type { Process } from '../kernel/process.ts';
import type { Product } from '../product/product.ts';
import { untilHeard } from './asking.ts';
import type { Book } from './book.ts';
import { SOURCE_SECRET } from './canaries.ts';
import { give } from './operators.ts';
import { isNamed, publish, repeat } from './publishers.ts';
import type { IntegrationPlan, Story } from './story.ts';

/**
 * Those who use the product. They outlive every fault but their own: each asks again, in the very
 * words of the first time, until it is heard.
 */
export function play(product: Product, story: Story, book: Book): void {
  const { simulation } = product;
  const setUp = simulation.spawn('setup');
  run(setUp, book, async () => {
    for (const plan of story.integrations) await register(product, setUp, plan, book);
    await makeSource(product, setUp, book);
    begin();
  });

  function begin() {
    const sinceStartMs = simulation.nowMs() - simulation.startMs;
    const after = (atMs: number) => Math.max(0, atMs - sinceStartMs);
    for (const [at, publication] of story.publications.entries()) {
      simulation.world.clock.after(after(publication.atMs), () => {
        const publisher = simulation.spawn(`publisher-${at}`);
        run(publisher, book, () => publish(product, publisher, publication, book));
        if (!isNamed(publication)) return;
        const twin = at % 2 === 0 ? simulation.spawn(`twin-${at}`) : undefined;
        if (twin) run(twin, book, () => repeat(product, twin, publication, book));
      });
    }
    for (const [at, order] of story.orders.entries()) {
      simulation.world.clock.after(after(order.atMs), () => {
        const operator = simulation.spawn(`operator-${at}`);
        run(operator, book, () => give(product, operator, order, book));
      });
    }
  }
}

function run(process: Process, book: Book, work: () => Promise<void>): void {
  process.start(work, (outcome) => {
    if (outcome.kind === 'failed') book.wrongs.push(`${process.name}: ${outcome.error}`);
  });
}

async function register(
  product: Product,
  process: Process,
  plan: IntegrationPlan,
  book: Book,
): Promise<void> {
  const { name, host, fallbackHosts, tokenHost, eventTypes, isFifo, retry } = plan;
  const answer = await untilHeard(product, process, {
    ...{ method: 'PUT', path: `/v1/integrations/${name}` },
    body: {
      ...{ name, serviceType: 'webhook', endpoint: plan.endpoint, auth: plan.auth, eventTypes },
      request: { timeoutSeconds: plan.timeoutSeconds, headers: plan.headers },
      signing: { scheme: 'standard-webhooks', secret: plan.secret },
      retry: { ...retry, jitter: 0.2 },
      ...{ breaker: plan.breaker, limits: plan.limits },
      ...(plan.fallback.length > 0 && { fallback: plan.fallback }),
      ...(isFifo && { ordering: 'fifo' }),
    },
  });
  if (answer === undefined) throw new Error(`${name} could not be registered.`);
  if (answer.status !== 201 && answer.status !== 200) {
    throw new Error(`${name}: ${answer.status} ${JSON.stringify(answer.json)}`);
  }
  const madeAtMs = product.simulation.nowMs();
  const { id } = answer.json;
  book.integrations.set(name, {
    ...{ id, name, host, fallbackHosts, eventTypes, isFifo, retry, madeAtMs },
    ...(tokenHost !== undefined && { tokenHost }),
  });
}

async function makeSource(product: Product, process: Process, book: Book): Promise<void> {
  const answer = await untilHeard(product, process, {
    ...{ method: 'PUT', path: '/v1/sources/partner' },
    body: { name: 'partner', provider: 'standard-webhooks', secret: SOURCE_SECRET },
  });
  if (answer === undefined || answer.status >= 300) {
    book.wrongs.push(`source: ${answer?.status} ${JSON.stringify(answer?.json)}`);
    return;
  }
  const path = new URL(answer.json.url).pathname;
  book.sourcePath = path;
}
