import { shown } from '../domain/errors.ts';
import type { FallbackChain, FallbackLink } from '../domain/fallback.ts';
import { type IntegrationId, isIntegrationId } from '../domain/ids.ts';
import { invalid } from '../domain/input/body.ts';
import { urlLinkTo } from '../domain/input/fallback-document.ts';
import type { FallbackInput, FallbackLinkInput } from '../domain/input/fallback-input.ts';
import type { Integration } from '../domain/integration.ts';
import { concurrently } from './concurrently.ts';
import { type Reached, reach, WALK_MAX, wayBack } from './fallback-loops.ts';
import { type SecretDeps, signingFor } from './integration-secrets.ts';

export interface FallbackDeps {
  readonly integrations: Pick<SecretDeps['integrations'], 'byId' | 'byName'>;
  readonly random: SecretDeps['random'];
}

/** Whose chain it is; `stored` where there is one already. */
export interface ChainOwner {
  readonly tenant: string;
  readonly name: string;
  readonly stored?: Integration | undefined;
}

const READS_AT_ONCE = 10;
/** Names of a loop that are told. */
const NAMES_SHOWN_MAX = 8;

/**
 * The chain as it is stored: names have become ids, and signing secrets that were not given are
 * kept or made. Refuses an integration that the tenant does not have, the integration itself, and
 * one whose own chain leads back to it.
 *
 * Two changes in the same moment can make a loop that neither of them sees. It does no harm: a
 * delivery makes its attempt at the other integration and does not follow that one's chain.
 */
export async function storedChain(
  deps: FallbackDeps,
  owner: ChainOwner,
  links: FallbackInput,
): Promise<FallbackChain> {
  const resolved = await concurrently(links, READS_AT_ONCE, (link) => resolve(deps, owner, link));
  const found = resolved.flatMap((one) => (one.found === undefined ? [] : [one.found]));
  // Nothing can lead back to what is new.
  const self = owner.stored?.id;
  const reached = self && (await reach(deps.integrations, owner.tenant, self, found));
  const problems = resolved.flatMap((one, at) => {
    const message = problemOf(one, owner, reached);
    return message === undefined ? [] : [{ path: `fallback.${at}.integration`, message }];
  });
  if (problems.length > 0) throw invalid(problems);
  return resolved.map(({ link, id }) => settled(deps, owner, link, id));
}

/** A link, and what it names: gone where it was stored so and its integration is no more. */
interface Resolved {
  readonly link: FallbackLinkInput;
  readonly id?: IntegrationId | undefined;
  readonly found?: Integration | undefined;
}

async function resolve(
  { integrations }: FallbackDeps,
  { tenant, stored }: ChainOwner,
  link: FallbackLinkInput,
): Promise<Resolved> {
  if (link.type !== 'integration') return { link };
  const ref = link.integration;
  const found = isIntegrationId(ref)
    ? await integrations.byId(ref, tenant)
    : await integrations.byName(tenant, ref);
  if (found !== undefined) return { link, id: found.id, found };
  // An answer can be sent back as it is, even after what it names was renamed or deleted.
  const before = stored?.fallback.find(
    (one) => one.type === 'integration' && one.integration === ref,
  );
  if (before?.type !== 'integration') return { link };
  const id = before.integrationId;
  return { link, id, found: await integrations.byId(id, tenant) };
}

/** Why a link may not name what it names; the same for what is missing and what is foreign. */
function problemOf(
  { link, id, found }: Resolved,
  { tenant, name, stored }: ChainOwner,
  reached: Reached | 'too-many' | undefined,
): string | undefined {
  if (link.type !== 'integration') return undefined;
  const refused = `${JSON.stringify(shown(link.integration))} is not allowed`;
  if (link.integration === name || (id !== undefined && id === stored?.id)) {
    return `${refused}: another integration, not this one itself`;
  }
  if (id === undefined) {
    const own = JSON.stringify(tenant);
    return `${refused}: the name or the id of an integration of the tenant ${own}`;
  }
  if (stored === undefined || found === undefined || reached === undefined) return undefined;
  if (reached === 'too-many') {
    return `${refused}: the chains behind it and the others may lead to ${WALK_MAX} integrations at most`;
  }
  const way = wayBack(reached, found, stored.id);
  if (way === undefined) return undefined;
  const names = [...way.slice(0, NAMES_SHOWN_MAX), ...(way.length > NAMES_SHOWN_MAX ? ['…'] : [])];
  const told = [name, ...names, name].join(' → ');
  return `${refused}: one that does not fall back to this one (${told})`;
}

function settled(
  { random }: FallbackDeps,
  { stored }: ChainOwner,
  link: FallbackLinkInput,
  id: IntegrationId | undefined,
): FallbackLink {
  switch (link.type) {
    case 'url': {
      const { signing, ...plain } = link;
      if (signing === undefined) return plain;
      const before = urlLinkTo(stored?.fallback ?? [], link.url)?.signing;
      return { ...plain, signing: signingFor(signing, before, random) };
    }
    case 'integration': {
      if (id === undefined) throw new Error('A link whose integration was not found was let in.');
      return { ...link, integrationId: id };
    }
    case 'queue':
    case 'hold':
    case 'cache':
    case 'static':
      return link;
  }
}
