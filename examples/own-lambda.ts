/**
 * A Lambda of your own that asks a partner for a price, and always has an answer: retries inside,
 * the breaker that it shares with the gateway around them, a fallback outside. In the CDK app it is
 * an ordinary function with `stack.grantPolicies(fn)`; docs/policies.md has the rest.
 *
 * `examples/run-own-lambda.ts` runs it against the local run.
 */
import { composePolicies } from '../lib/runtime/compose-policies.ts';

const policies = composePolicies();
/** A registered integration: its breaker has these settings, and its deliveries this state. */
const partner = policies.circuitBreaker('price-partner');
const budget = policies.retryBudget();

/** What to say while the partner says nothing. */
const PRICE_LIST: Readonly<Record<string, number>> = { 'sku-1': 40 };

interface Price {
  readonly amount: number;
  /** `primary`, or the name of the fallback that answered. */
  readonly source: string;
}

export async function handler({ sku }: { readonly sku: string }): Promise<Price> {
  const { value, source } = await policies.withFallback(
    () => askPartner(sku),
    [{ name: 'price-list', run: async () => listed(sku) }],
  );
  return { amount: value, source };
}

async function askPartner(sku: string): Promise<number> {
  const url = new URL(`/prices/${encodeURIComponent(sku)}`, process.env.PARTNER_URL);
  const response = await partner.run(
    (signal) =>
      policies.retry((attempt) => fetch(url, { signal: attempt.signal }), {
        signal,
        budget,
        retryIf: policies.transientAnswers,
      }),
    { timeoutMs: 5_000 },
  );
  if (!response.ok) throw new Error(`The partner answered ${response.status}.`);
  const { amount } = (await response.json()) as { readonly amount: number };
  return amount;
}

function listed(sku: string): number {
  const amount = PRICE_LIST[sku];
  if (amount === undefined) throw new Error(`${sku} is not in the price list.`);
  return amount;
}
