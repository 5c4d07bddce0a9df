import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CfnAuthorizer,
  CfnIntegration,
  CfnRoute,
  HttpApi,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { isOpen, ROUTES } from '../lib/names.ts';
import type { ServiceFunction } from './service-function.ts';
import type { StageSettings } from './settings.ts';

/**
 * One line per request. Nothing a caller wrote is in it: no header, no query, and the route's
 * template in place of the path, which may hold a token of a source.
 */
const ACCESS_LOG = JSON.stringify({
  requestId: '$context.requestId',
  at: '$context.requestTime',
  sourceIp: '$context.identity.sourceIp',
  route: '$context.routeKey',
  status: '$context.status',
  responseBytes: '$context.responseLength',
  latencyMs: '$context.responseLatency',
  functionMs: '$context.integrationLatency',
  functionStatus: '$context.integrationStatus',
  functionError: '$context.integrationErrorMessage',
  authorizerError: '$context.authorizer.error',
});

export interface HttpEdgeProps {
  readonly settings: StageSettings;
}

/** The HTTP API: its address is known before any function is, its routes come last. */
export class HttpEdge extends Construct {
  readonly api: HttpApi;
  /** `https://host`, under which every route is reachable. */
  readonly url: string;
  /** The API's own host names; no delivery may go there. */
  readonly hosts: readonly string[];

  constructor(scope: Construct, id: string, props: HttpEdgeProps) {
    super(scope, id);
    const { throttle, logRetentionDays, publicHost } = props.settings;
    this.api = new HttpApi(this, 'Api', { createDefaultStage: false });
    const { region, urlSuffix } = Stack.of(this);
    const ownHost = `${this.api.apiId}.execute-api.${region}.${urlSuffix}`;
    this.hosts = publicHost === undefined ? [ownHost] : [ownHost, publicHost];
    this.url = publicHost === undefined ? this.api.apiEndpoint : `https://${publicHost}`;
    const accessLog = new LogGroup(this, 'AccessLog', {
      retention: logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: throttle.perSecond, burstLimit: throttle.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(accessLog),
        format: AccessLogFormat.custom(ACCESS_LOG),
      },
    });
  }

  /** Every route of `lib/names.ts` to its function; all but the open ones through `authorize`. */
  route(answering: Answering, authorize: ServiceFunction): void {
    const targets = {
      api: this.#integration('api', answering.api),
      call: this.#integration('call', answering.call),
      publish: this.#integration('publish', answering.publish),
      receive: this.#integration('receive', answering.receive),
    } satisfies Record<keyof Answering, string>;
    const authorizer = this.#authorizer(authorize);
    const keyed = new Construct(this, 'Keyed');
    const open = new Construct(this, 'Open');
    for (const [routeKey, name] of Object.entries(ROUTES)) {
      const isKeyed = !isOpen(routeKey);
      new CfnRoute(isKeyed ? keyed : open, routeKey.replaceAll('/', ':'), {
        apiId: this.api.apiId,
        routeKey,
        target: `integrations/${targets[name]}`,
        ...(isKeyed ? { authorizationType: 'CUSTOM', authorizerId: authorizer } : {}),
      });
    }
    Validations.of(open).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason:
        'Health, the contract and unknown paths say nothing of a tenant; /in/{source} is ' +
        "authenticated by the sender's own signature over the raw body, which an authorizer does " +
        'not see.',
    });
  }

  #integration(name: string, fn: ServiceFunction): string {
    this.#letInvoke(fn, '*/*');
    return new CfnIntegration(this, `${name}-integration`, {
      apiId: this.api.apiId,
      integrationType: 'AWS_PROXY',
      integrationUri: fn.functionArn,
      payloadFormatVersion: '2.0',
    }).ref;
  }

  /** Never cached by API Gateway: a revoked key must stop within the function's own 30 s. */
  #authorizer(fn: ServiceFunction): string {
    const { partition, region } = Stack.of(this);
    const authorizer = new CfnAuthorizer(this, 'Authorizer', {
      apiId: this.api.apiId,
      name: 'api-key',
      authorizerType: 'REQUEST',
      authorizerUri: `arn:${partition}:apigateway:${region}:lambda:path/2015-03-31/functions/${fn.functionArn}/invocations`,
      authorizerPayloadFormatVersion: '2.0',
      authorizerResultTtlInSeconds: 0,
      enableSimpleResponses: true,
      // None: a request without a key reaches the API as well, which answers it as docs/api.md says.
      identitySource: [],
    });
    this.#letInvoke(fn, `authorizers/${authorizer.ref}`);
    return authorizer.ref;
  }

  #letInvoke(fn: ServiceFunction, resourceName: string): void {
    fn.addPermission('FromApi', {
      principal: new ServicePrincipal('apigateway.amazonaws.com'),
      sourceArn: Stack.of(this).formatArn({
        service: 'execute-api',
        resource: this.api.apiId,
        resourceName,
      }),
    });
  }
}

/** The functions that answer routes, by the names that `ROUTES` uses. */
export type Answering = Readonly<Record<(typeof ROUTES)[keyof typeof ROUTES], ServiceFunction>>;
