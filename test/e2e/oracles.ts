import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import type { Json } from './client.ts';
import type { Arrival } from './receiver.ts';

/** What the arrival says, once the libraries of both projects have found it genuine; else throws. */
export function verifiedByBoth({ body, headers }: Arrival, secret: string): Json {
  const raw = body.toString('utf8');
  const payload = new StandardWebhook(secret).verify(raw, headers);
  new SvixWebhook(secret).verify(raw, headers);
  return payload;
}
