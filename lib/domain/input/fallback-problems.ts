import { targetArnProblem } from '../arn.ts';
import { checkUrl, type EgressPolicy } from '../egress.ts';
import { type FieldError, shown } from '../errors.ts';
import { FALLBACK_LINKS_MAX } from '../fallback.ts';
import { SERVICE_TYPES, type ServiceType } from '../integration.ts';
import { isJsonObject, type JsonObject } from '../merge-patch.ts';
import { shownUrl } from '../outbound-call.ts';
import { sameUrl } from './fallback-document.ts';
import { DEFAULT_TRIGGERS } from './fallback-input.ts';
import { refusal } from './field.ts';
import { tokenUrlProblems } from './request-input.ts';
import { linkHeaderProblems } from './sent-headers.ts';
import { authProblems } from './service-input.ts';
import { bodilessProblem } from './static-answer-input.ts';

/** A link as it was given, of a type that there is; `at` is its path. */
interface Given {
  readonly link: JsonObject;
  readonly type: keyof typeof DEFAULT_TRIGGERS;
  readonly at: string;
}

/**
 * What is wrong with the links of a chain as they stand to the integration, to each other and to
 * the deployment. Says nothing of their shape, and reads links whatever it is.
 */
export function fallbackProblems(body: JsonObject, egress: EgressPolicy): readonly FieldError[] {
  if (!Array.isArray(body.fallback)) return [];
  const links = body.fallback.slice(0, FALLBACK_LINKS_MAX).flatMap((link: unknown, i): Given[] => {
    if (!isJsonObject(link) || !isLinkType(link.type)) return [];
    return [{ link, type: link.type, at: `fallback.${i}` }];
  });
  return links.flatMap((given, i) => [
    ...placeProblems(given, body.serviceType),
    ...addressProblems(given, links.slice(0, i), body, egress),
    ...contentProblems(given, body, egress),
    ...reachProblems(given, links.slice(0, i)),
  ]);
}

function isLinkType(type: unknown): type is Given['type'] {
  return typeof type === 'string' && Object.hasOwn(DEFAULT_TRIGGERS, type);
}

/** What answers calls is for integrations that are called; a wrong type is told elsewhere. */
function placeProblems({ link, type, at }: Given, serviceType: unknown): readonly FieldError[] {
  const isOther = SERVICE_TYPES.some((one) => one === (serviceType ?? 'webhook'));
  if (serviceType === 'rest_api' || !isOther) return [];
  if (type === 'queue' && link.arn === undefined) {
    const rule = 'the ARN of an SQS queue; serviceType "rest_api" alone has calls to be queued';
    return [{ path: `${at}.arn`, message: refusal(undefined, rule) }];
  }
  if (type !== 'cache' && type !== 'static') return [];
  const rule = 'one of url, integration, queue, hold; serviceType "rest_api" alone has calls';
  return [{ path: `${at}.type`, message: refusal(type, rule) }];
}

/** The rules are those of the endpoint; each address is that of one target alone. */
function addressProblems(
  { link, type, at }: Given,
  before: readonly Given[],
  body: JsonObject,
  egress: EgressPolicy,
): readonly FieldError[] {
  const field = type === 'queue' ? 'arn' : 'url';
  const address = link[field];
  if ((type !== 'url' && type !== 'queue') || typeof address !== 'string') return [];
  const path = `${at}.${field}`;
  const problem =
    type === 'url' ? urlProblem(address, egress) : targetArnProblem(address, egress, 'sqs');
  if (problem !== undefined) return [{ path, message: problem }];
  const same = before.find((one) => one.type === type && sameUrl(one.link[field], address));
  const owner = sameUrl(body.endpoint, address) ? 'the endpoint' : same?.at;
  if (owner === undefined) return [];
  const serviceType = body.serviceType as ServiceType;
  const quoted = JSON.stringify(shownUrl({ serviceType, endpoint: address }));
  return [{ path, message: `${quoted} is that of ${owner} already; allowed: another` }];
}

function urlProblem(url: string, egress: EgressPolicy): string | undefined {
  const checked = checkUrl(url, egress);
  return checked.ok ? undefined : checked.message;
}

function contentProblems(
  { link, type, at }: Given,
  body: JsonObject,
  egress: EgressPolicy,
): readonly FieldError[] {
  const { auth, statusCode = 200 } = link;
  const below = ({ path, message }: FieldError) => ({ path: `${at}.${path}`, message });
  switch (type) {
    case 'url':
      return [
        ...linkHeaderProblems(link, at, body.signing),
        ...tokenUrlProblems(auth, egress, `${at}.auth`),
        ...authProblems(body.serviceType, auth).map(below),
      ];
    case 'static': {
      const message = bodilessProblem(statusCode, link.body);
      return message === undefined ? [] : [{ path: `${at}.body`, message }];
    }
    case 'integration':
    case 'queue':
    case 'hold':
    case 'cache':
      return [];
  }
}

/** A link is there for nothing as far as one before it never lets anything through to it. */
function reachProblems(given: Given, before: readonly Given[]): readonly FieldError[] {
  const { link, at } = given;
  return triggersOf(given).flatMap((trigger, i) => {
    const end = before.find((one) => triggersOf(one).includes(trigger) && ends(one, given));
    if (end === undefined) return [];
    const path = Array.isArray(link.on) ? `${at}.on.${i}` : `${at}.on`;
    const why = `${JSON.stringify(shown(end.type))} at ${end.at} lets nothing through to this link`;
    const allowed = `a place before ${end.at}, or "on" without it`;
    return [{ path, message: `${JSON.stringify(shown(trigger))}: ${why}; allowed: ${allowed}` }];
  });
}

/** Whether nothing that comes to `first` goes on to `behind`, where both are for the trigger. */
function ends(first: Given, behind: Given): boolean {
  switch (first.type) {
    case 'hold':
      return true;
    case 'static':
      return servesCalls(behind);
    case 'queue':
      return isCallQueue(first) && isCallQueue(behind);
    case 'url':
    case 'integration':
    case 'cache':
      return false;
  }
}

function servesCalls(given: Given): boolean {
  const { type } = given;
  return type === 'url' || type === 'cache' || type === 'static' || isCallQueue(given);
}

function isCallQueue({ type, link }: Given): boolean {
  return type === 'queue' && link.arn === undefined;
}

function triggersOf({ link, type }: Given): readonly unknown[] {
  return Array.isArray(link.on) ? link.on : DEFAULT_TRIGGERS[type];
}
