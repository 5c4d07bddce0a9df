import { handlingOf } from './resource-types.ts';
import { type AttributeOf, type Place, type Resource, where } from './template.ts';

/** Addresses that are known only once the stand-ins listen. */
export interface Addresses {
  /** Of the HTTP API, without a slash at the end. */
  readonly apiUrl: string;
  /** Under which `/<account>/<queue>` leads to a queue. */
  readonly sqsUrl: string;
}

/** What each run resource is called and how it is reached: `Ref` and attributes, by type. */
export function attributesAt(place: Place, addresses: Addresses): AttributeOf {
  const arn = (service: string, resource: string) =>
    `arn:aws:${service}:${place.region}:${place.account}:${resource}`;
  const table = (resource: Resource): Named => {
    const name = nameOf(resource, 'TableName');
    return { Ref: name, Arn: arn('dynamodb', `table/${name}`) };
  };
  const byType: Readonly<Record<string, (resource: Resource) => Named>> = {
    'AWS::Lambda::Function'(resource) {
      const name = nameOf(resource, 'FunctionName');
      return { Ref: name, Arn: arn('lambda', `function:${name}`) };
    },
    'AWS::SQS::Queue'(resource) {
      const name = nameOf(resource, 'QueueName');
      const url = `${addresses.sqsUrl}/${place.account}/${name}`;
      return { Ref: url, QueueUrl: url, QueueName: name, Arn: arn('sqs', name) };
    },
    'AWS::DynamoDB::Table': table,
    'AWS::DynamoDB::GlobalTable': table,
    'AWS::ApiGatewayV2::Api': ({ logicalId }) => {
      const id = logicalId.toLowerCase();
      return { Ref: id, ApiId: id, ApiEndpoint: addresses.apiUrl };
    },
    'AWS::ApiGatewayV2::Integration': ({ logicalId }) => ({ Ref: logicalId }),
    'AWS::ApiGatewayV2::Authorizer': ({ logicalId }) => ({ Ref: logicalId }),
    'AWS::ApiGatewayV2::Stage': (resource) => ({ Ref: nameOf(resource, 'StageName') }),
    'AWS::Events::Rule'(resource) {
      const name = nameOf(resource, 'Name');
      return { Ref: name, Arn: arn('events', `rule/${name}`) };
    },
    'AWS::KMS::Key': ({ logicalId }) => ({
      Ref: logicalId,
      KeyId: logicalId,
      Arn: arn('kms', `key/${logicalId}`),
    }),
    'AWS::SecretsManager::Secret'(resource) {
      const secret = arn('secretsmanager', `secret:${nameOf(resource, 'Name')}`);
      return { Ref: secret, Id: secret };
    },
  };
  return (resource, attribute) => {
    if (handlingOf(resource.type)?.kind === 'needless') return `${resource.logicalId}.${attribute}`;
    const value = byType[resource.type]?.(resource)[attribute];
    if (value !== undefined) return value;
    throw new Error(`${where(resource)}: attribute ${attribute} is not known here`);
  };
}

type Named = Readonly<Record<string, string>>;

/** Names that CloudFormation would make up are the logical id here: they outlive a restart. */
export function nameOf(resource: Resource, property: string): string {
  const given = resource.properties[property];
  if (given === undefined) return resource.logicalId;
  if (typeof given === 'string') return given;
  throw new Error(`${where(resource)}: ${property} must be given as plain text`);
}
