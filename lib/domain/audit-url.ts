import type { Integration } from './integration.ts';
import { shownUrl } from './outbound-call.ts';
import { pathSecret } from './redaction.ts';

type ServiceType = Integration['serviceType'];

/** A URL as the audit log has it, and what it does not show of it. */
export interface AuditUrl {
  readonly shown: string;
  /** Its query string, and the end of its path where that is a secret; undefined: there is neither. */
  readonly hidden: string | undefined;
}

/** Whoever sends to Slack or Discord does so by a secret path, whatever its type says. */
export function auditUrl(url: string, serviceType: ServiceType): AuditUrl {
  const addressed = { serviceType: serviceAt(url) ?? serviceType, endpoint: url };
  const query = url.indexOf('?');
  const hidden = [pathSecret(addressed) ?? '', query < 0 ? '' : url.slice(query)].join('');
  return { shown: shownUrl(addressed), hidden: hidden === '' ? undefined : hidden };
}

function serviceAt(url: string): ServiceType | undefined {
  const { hostname = '', pathname = '' } = URL.parse(url) ?? {};
  const host = hostname.replace(/\.$/, '');
  if (/^hooks\.slack(-gov)?\.com$/.test(host)) return 'slack';
  const isDiscord =
    /(^|\.)discord(app)?\.com$/.test(host) && /^\/api\/(v\d+\/)?webhooks\//.test(pathname);
  return isDiscord ? 'discord' : undefined;
}
