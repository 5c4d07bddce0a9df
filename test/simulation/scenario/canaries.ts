import type { Receiver } from '../destinations/receivers.ts';
import type { Draws } from '../kernel/draws.ts';
import { MARK } from '../product/canary.ts';
import type { IntegrationPlan } from './story.ts';

/** What an integration of a story has to hide, beside what it signs with. */
export interface Planted {
  readonly endpoint: string;
  readonly auth: Readonly<Record<string, string>>;
  /** That go with each request, a credential among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly fallback: readonly object[];
  /** Where it gets its access tokens. */
  readonly tokenHost?: string;
  /** What its fallback link signs with, where that is not what it signs with itself. */
  readonly linkSecret?: string;
}

export function signingSecret(text: string): string {
  return `whsec_${Buffer.from(`${MARK} ${text} signs with this`).toString('base64')}`;
}

export const SOURCE_SECRET = `whsec_${Buffer.from(`${MARK} of the simulated source`).toString('base64')}`;

type Plan = Omit<IntegrationPlan, keyof Planted> & Pick<Planted, 'fallback'>;

/** The plan with credentials, with something in the query of each URL, and with a link of its own. */
export function planted(plan: Plan, draws: Draws): Plan & Planted {
  const { name, host } = plan;
  const auth = authOf(name, host, AUTHS[draws.below(AUTHS.length)] ?? 'none');
  const linkSecret = draws.chance(0.5) ? signingSecret(`the link of ${name}`) : undefined;
  const linkAuth = authOf(
    `link-of-${name}`,
    host,
    LINK_AUTHS[draws.below(LINK_AUTHS.length)] ?? 'none',
  );
  const fallback = plan.fallback.map((link) => ({
    ...link,
    url: `https://dr-${host}/hooks?${queryOf(`link-of-${name}`)}`,
    ...{ auth: linkAuth, headers: headersOf(`link-of-${name}`) },
    ...(linkSecret && { signing: { scheme: 'standard-webhooks', secret: linkSecret } }),
  }));
  const { tokenUrl } = auth as { readonly tokenUrl?: string };
  return {
    ...{ ...plan, fallback, auth, headers: headersOf(name) },
    endpoint: `https://${host}/hooks?${queryOf(name)}`,
    ...(tokenUrl !== undefined && { tokenHost: new URL(tokenUrl).host }),
    ...(linkSecret !== undefined && fallback.length > 0 && { linkSecret }),
  };
}

/** Who gives the tokens that a plan asks for; nobody, where it asks for none. */
export function tokenReceivers({ name, tokenHost }: IntegrationPlan): readonly Receiver[] {
  if (tokenHost === undefined) return [];
  const grants = `${MARK}-access-token-of-${name}`;
  return [{ host: tokenHost, grants, phases: [{ fromMs: 0, does: { kind: 'healthy' } }] }];
}

const AUTHS = ['none', 'bearer', 'basic', 'apiKey', 'oauth-basic', 'oauth-body'] as const;
const LINK_AUTHS = ['none', 'bearer', 'basic', 'apiKey'] as const;

function authOf(
  name: string,
  host: string,
  kind: (typeof AUTHS)[number],
): Readonly<Record<string, string>> {
  switch (kind) {
    case 'none':
      return { type: 'none' };
    case 'bearer':
      return { type: 'bearer', token: `${MARK}-bearer-of-${name}` };
    case 'basic':
      return { type: 'basic', username: name, password: `${MARK}-password-of-${name}` };
    case 'apiKey':
      return { type: 'apiKey', header: 'X-Key', value: `${MARK}-api-key-of-${name}` };
    case 'oauth-basic':
    case 'oauth-body':
      return {
        ...{ type: 'oauth2ClientCredentials', clientId: name },
        clientSecret: `${MARK}-client-secret-of-${name}`,
        tokenUrl: `https://id-${host}/token?${queryOf(`tokens-of-${name}`)}`,
        clientAuthentication: kind === 'oauth-basic' ? 'basic' : 'body',
      };
  }
}

function headersOf(name: string): Readonly<Record<string, string>> {
  return { 'X-Upstream-Token': `${MARK}-header-of-${name}`, 'X-Upstream': 'breakwater' };
}

function queryOf(name: string): string {
  return `v=2&key=${MARK}-query-of-${name}`;
}
