import { flag, listOf, number, type Reading, text } from './properties.ts';
import type { ApiSpec, RouteSpec } from './stack.ts';
import { where } from './template.ts';

/** The HTTP API of the stack; what the local run would do otherwise than AWS is refused. */
export function readApi(of: (type: string) => readonly Reading[]): ApiSpec | undefined {
  const [api, ...others] = of('AWS::ApiGatewayV2::Api');
  if (api === undefined) return undefined;
  for (const other of others) refuse(other, 'is a second API');
  need(api, text(api, 'ProtocolType') === 'HTTP', 'only HTTP APIs run');
  for (const stage of of('AWS::ApiGatewayV2::Stage')) {
    need(stage, text(stage, 'StageName') === '$default', 'only the stage $default runs');
  }
  const integrations = new Map(
    of('AWS::ApiGatewayV2::Integration').map((each) => [each.attribute('Ref'), each]),
  );
  const authorizers = new Map(
    of('AWS::ApiGatewayV2::Authorizer').map((each) => [each.attribute('Ref'), each]),
  );
  return {
    id: api.attribute('Ref'),
    routes: of('AWS::ApiGatewayV2::Route').map((route) =>
      readRoute(route, integrations, authorizers),
    ),
  };
}

type ById = ReadonlyMap<string, Reading>;

/** HTTP APIs wait this long for a function unless told less. */
const INTEGRATION_MS_MAX = 30_000;

function readRoute(route: Reading, integrations: ById, authorizers: ById): RouteSpec {
  const integration = integrations.get(text(route, 'Target').replace(/^integrations\//, ''));
  if (integration === undefined) return refuse(route, 'has no integration');
  need(integration, text(integration, 'IntegrationType') === 'AWS_PROXY', 'only AWS_PROXY runs');
  need(integration, text(integration, 'PayloadFormatVersion') === '2.0', 'only payload 2.0 runs');
  return {
    routeKey: text(route, 'RouteKey'),
    functionId: functionOf(text(integration, 'IntegrationUri')),
    timeoutMs: number(integration, 'TimeoutInMillis', INTEGRATION_MS_MAX),
    authorizerFunctionId: authorizerOf(route, authorizers),
  };
}

function authorizerOf(route: Reading, authorizers: ById): string | undefined {
  const kind = route.properties.AuthorizationType ?? 'NONE';
  if (kind === 'NONE') return undefined;
  need(route, kind === 'CUSTOM', `authorization ${String(kind)} does not run here`);
  const authorizer = authorizers.get(text(route, 'AuthorizerId'));
  if (authorizer === undefined) return refuse(route, 'has no authorizer');
  const { EnableSimpleResponses, IdentitySource, AuthorizerResultTtlInSeconds } =
    authorizer.properties;
  need(authorizer, text(authorizer, 'AuthorizerType') === 'REQUEST', 'only REQUEST runs');
  need(
    authorizer,
    text(authorizer, 'AuthorizerPayloadFormatVersion') === '2.0',
    'only payload 2.0 runs',
  );
  need(authorizer, flag(EnableSimpleResponses, false), 'only simple responses run');
  need(authorizer, listOf(IdentitySource).length === 0, 'identity sources do not run here');
  need(authorizer, Number(AuthorizerResultTtlInSeconds ?? 0) === 0, 'caching does not run here');
  return functionOf(text(authorizer, 'AuthorizerUri'));
}

/** The function's ARN, alone or within an `…:apigateway:…/functions/<arn>/invocations`. */
function functionOf(uri: string): string {
  return /functions\/(arn:[^/]+)\/invocations$/.exec(uri)?.[1] ?? uri;
}

function need(reading: Reading, holds: boolean, otherwise: string) {
  if (!holds) refuse(reading, otherwise);
}

function refuse({ resource }: Reading, reason: string): never {
  throw new Error(`${where(resource)}: ${reason}`);
}
