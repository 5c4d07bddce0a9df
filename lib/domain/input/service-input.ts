import { targetArnProblem } from '../arn.ts';
import { checkUrl, type EgressPolicy } from '../egress.ts';
import type { FieldError } from '../errors.ts';
import { REQUEST_DEFAULTS, type ServiceType } from '../integration.ts';
import { isJsonObject, type JsonObject } from '../merge-patch.ts';
import { PAGERDUTY_ENDPOINT, ROUTING_KEY } from '../services/pagerduty.ts';

/** Services of which nobody checks a signature unless they are asked to. */
const UNSIGNED: readonly unknown[] = [
  'slack',
  'discord',
  'teams',
  'pagerduty',
  'sqs',
  'eventbridge',
] satisfies readonly ServiceType[];

/** Services that know nobody but by the secret in their URL. */
const MESSAGED: readonly unknown[] = ['slack', 'discord', 'teams'] satisfies readonly ServiceType[];

/** The body with what its service type says where it says nothing itself. */
export function withServiceDefaults(body: unknown): unknown {
  if (!isJsonObject(body) || !UNSIGNED.includes(body.serviceType)) return body;
  return {
    ...(body.serviceType === 'pagerduty' && { endpoint: PAGERDUTY_ENDPOINT }),
    signing: { scheme: 'none' },
    ...body,
  };
}

/** Why nothing may be sent to this endpoint: a URL, or the ARN of what the deployment lists. */
export function endpointProblems(
  { serviceType, endpoint }: JsonObject,
  egress: EgressPolicy,
): readonly FieldError[] {
  if (typeof endpoint !== 'string') return [];
  if (isByArn(serviceType)) {
    return fieldError('endpoint', targetArnProblem(endpoint, egress, serviceType));
  }
  const checked = checkUrl(endpoint, egress);
  return checked.ok ? [] : fieldError('endpoint', checked.message);
}

/** What a service has no use for, or needs. */
export function serviceProblems(body: JsonObject): readonly FieldError[] {
  const { serviceType } = body;
  if (isByArn(serviceType)) return arnServiceProblems(serviceType, body);
  return authProblems(serviceType, body.auth);
}

/** Why a service that is sent messages over HTTP takes no such credentials. */
export function authProblems(serviceType: unknown, auth: unknown): readonly FieldError[] {
  if (serviceType === 'pagerduty') return pagerdutyProblems({ auth });
  const isMessaged = MESSAGED.includes(serviceType);
  if (!isMessaged || member(auth, 'type') !== 'oauth2ClientCredentials') return [];
  const message = `"oauth2ClientCredentials" has no meaning for ${serviceType}: its URL is its credential`;
  return fieldError('auth.type', `${message}; allowed: one of none, bearer, basic, apiKey`);
}

/** PagerDuty takes its credential in the body: here it is the token of `auth`. */
function pagerdutyProblems({ auth }: JsonObject): readonly FieldError[] {
  const { type, token } = isJsonObject(auth) ? auth : {};
  if (type !== 'bearer') {
    const message = 'must be {"type": "bearer", "token": …}, the routing key of PagerDuty';
    return fieldError('auth', message);
  }
  if (typeof token !== 'string' || ROUTING_KEY.test(token)) return [];
  const message = 'the value given is not allowed: a routing key of 32 letters and digits';
  return fieldError('auth.token', message);
}

type ByArn = 'sqs' | 'eventbridge';

function isByArn(serviceType: unknown): serviceType is ByArn {
  return serviceType === 'sqs' || serviceType === 'eventbridge';
}

/** Nothing of HTTP goes to a queue or a bus; what would be forgotten in silence is refused. */
function arnServiceProblems(service: ByArn, body: JsonObject): readonly FieldError[] {
  const auth = member(body.auth, 'type');
  const scheme = member(body.signing, 'scheme');
  const { request, healthCheck } = body;
  const foreign = `has no meaning for ${service}; leave it out`;
  const method = member(request, 'method') ?? REQUEST_DEFAULTS.method;
  const contentType = member(request, 'contentType') ?? REQUEST_DEFAULTS.contentType;
  const headers = member(request, 'headers');
  const hasHeaders = isJsonObject(headers) && Object.keys(headers).length > 0;
  const isHealthChecked = healthCheck !== undefined && healthCheck !== null;
  return [
    ...when(auth !== undefined && auth !== 'none', 'auth', `${foreign}: a role of AWS is used`),
    ...when(
      service === 'eventbridge' && scheme !== undefined && scheme !== 'none',
      'signing.scheme',
      'must be none: an entry of EventBridge has no place for a signature',
    ),
    ...when(method !== REQUEST_DEFAULTS.method, 'request.method', foreign),
    ...when(contentType !== REQUEST_DEFAULTS.contentType, 'request.contentType', foreign),
    ...when(hasHeaders, 'request.headers', foreign),
    ...when(isHealthChecked, 'healthCheck', foreign),
  ];
}

function when(isWrong: boolean, path: string, message: string): readonly FieldError[] {
  return isWrong ? [{ path, message }] : [];
}

function fieldError(path: string, message: string | undefined): readonly FieldError[] {
  return message === undefined ? [] : [{ path, message }];
}

function member(value: unknown, name: string): unknown {
  return isJsonObject(value) ? value[name] : undefined;
}
