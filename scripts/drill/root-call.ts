import type { Env } from './commands.ts';

/**
 * One call with the emulator's root key, whose signature it does not check: for the services
 * that the product itself needs no client of.
 */
export async function rootCall(
  env: Env,
  service: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<string> {
  const scope = `${env.AWS_ACCESS_KEY_ID}/20260101/${env.AWS_REGION}/${service}/aws4_request`;
  const answer = await fetch(env.AWS_ENDPOINT_URL ?? '', {
    method: 'POST',
    headers: {
      ...headers,
      'x-amz-date': '20260101T000000Z',
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body,
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${service}: ${answer.status} ${text}`);
  return text;
}
