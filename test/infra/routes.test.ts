import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../lib/names.ts';
import { type Resource, Synthesized } from './synthesized.ts';

const stack = new Synthesized();
const routes = stack.all('AWS::ApiGatewayV2::Route');
const authorizer = stack.all('AWS::ApiGatewayV2::Authorizer')[0];

/** The logical id of the function that answers the route. */
function answering(route: Resource): string {
  const [, integration] = route.properties.Target['Fn::Join'][1];
  const found = stack.resources.find(({ id }) => id === integration.Ref);
  return found?.properties.IntegrationUri['Fn::GetAtt'][0];
}

describe('the HTTP API', () => {
  it('has exactly the routes of names.ts, answered by the functions they name', () => {
    const found = routes.map((route) => [route.properties.RouteKey, answering(route)]);
    const wanted = Object.entries(ROUTES).map(([routeKey, name]) => [
      routeKey,
      stack.functionNamed(`${name.charAt(0).toUpperCase()}${name.slice(1)}`).id,
    ]);
    expect(found.sort()).toEqual(wanted.sort());
  });

  it('asks the authorizer on every route under /v1', () => {
    const keyed = routes.filter(({ properties }) => properties.RouteKey.includes('/v1/'));
    expect(keyed.length).toBeGreaterThan(30);
    for (const { properties } of keyed) {
      expect(properties).toMatchObject({
        AuthorizationType: 'CUSTOM',
        AuthorizerId: { Ref: authorizer?.id },
      });
    }
  });

  it('asks it nowhere else: health, webhooks of others, unknown paths', () => {
    const open = routes.filter(({ properties }) => properties.AuthorizationType === undefined);
    expect(open.map(({ properties }) => properties.RouteKey).sort()).toEqual([
      '$default',
      'ANY /in/{source}',
      'GET /docs',
      'GET /health/live',
      'GET /health/ready',
      'GET /openapi.json',
      'HEAD /docs',
    ]);
  });

  it('has an authorizer that is asked for every request, with a key or without', () => {
    expect(authorizer?.properties).toMatchObject({
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      AuthorizerResultTtlInSeconds: 0,
      IdentitySource: [],
    });
    const uri = JSON.stringify(authorizer?.properties.AuthorizerUri);
    expect(uri).toContain(stack.functionNamed('Authorize').id);
  });

  it('hands over payload version 2 and may call nothing but what answers it', () => {
    for (const { properties } of stack.all('AWS::ApiGatewayV2::Integration')) {
      expect(properties).toMatchObject({
        IntegrationType: 'AWS_PROXY',
        PayloadFormatVersion: '2.0',
      });
    }
    const callers = stack
      .all('AWS::Lambda::Permission')
      .filter(({ properties }) => properties.Principal === 'apigateway.amazonaws.com');
    expect(callers).toHaveLength(5);
    for (const { properties } of callers) expect(properties.SourceArn).toBeDefined();
  });

  it('allows no other origin, and adds no header of its own', () => {
    expect(stack.all('AWS::ApiGatewayV2::Api')[0]?.properties.CorsConfiguration).toBeUndefined();
    for (const { properties } of stack.all('AWS::ApiGatewayV2::Integration')) {
      expect(properties.ResponseParameters).toBeUndefined();
    }
  });

  it('throttles, and logs what happened but nothing that a caller wrote', () => {
    const stage = stack.all('AWS::ApiGatewayV2::Stage')[0]?.properties;
    expect(stage?.DefaultRouteSettings).toEqual({
      ThrottlingBurstLimit: 200,
      ThrottlingRateLimit: 100,
    });
    const line: Record<string, string> = JSON.parse(stage?.AccessLogSettings.Format);
    expect(Object.values(line)).toContain('$context.routeKey');
    const written = /header|querystring|\$context\.path|rawPath|authorizer\.(?!error)/i;
    expect(Object.values(line).filter((value) => written.test(value))).toEqual([]);
  });

  it('tells the functions its own address, without a cycle', () => {
    const api = stack.all('AWS::ApiGatewayV2::Api')[0]?.id;
    const { Variables } = stack.functionNamed('Receive').properties.Environment;
    expect(Variables.BREAKWATER_PUBLIC_URL).toEqual({ 'Fn::GetAtt': [api, 'ApiEndpoint'] });
    expect(JSON.stringify(Variables.BREAKWATER_OWN_HOSTS)).toContain(`{"Ref":"${api}"}`);
    expect(stack.outputs.ApiUrl.Value).toEqual({ 'Fn::GetAtt': [api, 'ApiEndpoint'] });
    expect(Object.keys(stack.outputs)).toContain('AdminKeySecretId');
  });
});
