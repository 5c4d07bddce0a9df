/** What a role grants, and whether a request is granted: as much of IAM as the template uses. */

/** One statement of a role. */
export interface Grant {
  readonly actions: readonly string[];
  /** ARNs; `*` stands for any text. */
  readonly resources: readonly string[];
  /** By operator and by key, as IAM writes them. */
  readonly conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** A command of the SDK as IAM sees it. */
export interface AwsRequest {
  /** `dynamodb:GetItem` */
  readonly action: string;
  /** The last part of its ARN: `table/State/index/troubled`. */
  readonly resource: string;
  /** Values by condition key; a key that the request does not have is absent. */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

/** The statements that allow it: none, and AWS refuses it. */
export function grantsFor(grants: readonly Grant[], request: AwsRequest): readonly Grant[] {
  return grants.filter(
    ({ actions, resources, conditions }) =>
      actions.includes(request.action) &&
      resources.some((arn) => isLike(resourcePart(arn), request.resource)) &&
      Object.entries(conditions).every(([operator, keys]) =>
        Object.entries(keys).every(([key, wanted]) =>
          holds(operator, wanted, request.context[key]),
        ),
      ),
  );
}

/** Without partition, service, region and account; anything but an ARN as it is. */
export function resourcePart(arn: string): string {
  return arn.startsWith('arn:') ? arn.split(':').slice(5).join(':') : arn;
}

function holds(
  operator: string,
  wanted: readonly string[],
  given: readonly string[] | undefined,
): boolean {
  const like = (value: string) => wanted.some((pattern) => isLike(pattern, value));
  const equal = (value: string) => wanted.includes(value);
  switch (operator) {
    case 'StringEquals':
      return given?.some(equal) ?? false;
    case 'StringEqualsIfExists':
      return given?.some(equal) ?? true;
    case 'StringLike':
      return given?.some(like) ?? false;
    case 'ForAllValues:StringEquals':
      return given === undefined || given.every(equal);
    case 'ForAllValues:StringLike':
      return given === undefined || given.every(like);
    default:
      throw new Error(`The local run does not know the condition ${operator}`);
  }
}

function isLike(pattern: string, value: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === value;
  if (!value.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let at = first.length;
  for (const part of rest) {
    const found = value.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return value.length - last.length >= at && value.endsWith(last);
}

/** The service of IAM that a client of the SDK speaks to. */
const SERVICES: Readonly<Record<string, string>> = {
  DynamoDBClient: 'dynamodb',
  SQSClient: 'sqs',
  SecretsManagerClient: 'secretsmanager',
  KMSClient: 'kms',
  EventBridgeClient: 'events',
};

/** Commands that IAM knows under the name of another action. */
const ACTIONS: Readonly<Record<string, string>> = {
  SendMessageBatch: 'SendMessage',
  DeleteMessageBatch: 'DeleteMessage',
};

/** What of a command's input names its resource, or is asked by a condition. */
interface Input {
  readonly TableName?: string;
  readonly IndexName?: string;
  readonly Key?: Row;
  readonly Item?: Row;
  readonly ExpressionAttributeValues?: Row;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly UpdateExpression?: string;
  readonly ConditionExpression?: string;
  readonly ReturnValues?: string;
  readonly QueueUrl?: string;
  readonly SecretId?: string;
  readonly KeyId?: string;
  readonly EncryptionContext?: Readonly<Record<string, string>>;
  readonly SigningAlgorithm?: string;
  readonly MessageType?: string;
  readonly Entries?: readonly { readonly EventBusName?: string }[];
}

type Row = Readonly<Record<string, { readonly S?: string }>>;

/** A command by the names of the SDK: its client, itself, what it is sent with. */
export function awsRequest(clientName: string, commandName: string, input: object): AwsRequest {
  const service = SERVICES[clientName];
  if (service === undefined) throw new Error(`The local run knows no permissions of ${clientName}`);
  const operation = commandName.replace(/Command$/, '');
  return {
    action: `${service}:${ACTIONS[operation] ?? operation}`,
    resource: resourceOf(input),
    context: contextOf(input),
  };
}

function resourceOf(input: Input): string {
  const { TableName, IndexName, QueueUrl, SecretId, KeyId, Entries } = input;
  if (TableName !== undefined) {
    return IndexName === undefined ? `table/${TableName}` : `table/${TableName}/index/${IndexName}`;
  }
  if (QueueUrl !== undefined) return QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1);
  return resourcePart(SecretId ?? KeyId ?? Entries?.[0]?.EventBusName ?? '*');
}

/** Of every table `pk` is the partition key; every query of ours calls its value `:p`. */
function contextOf(input: Input): AwsRequest['context'] {
  const { Key, Item, ExpressionAttributeValues: values, EncryptionContext } = input;
  const partition = (Key ?? Item)?.pk?.S ?? values?.[':p']?.S;
  const encryption = Object.entries(EncryptionContext ?? {});
  return {
    ...(input.TableName !== undefined &&
      partition !== undefined && { 'dynamodb:LeadingKeys': [partition] }),
    ...(input.UpdateExpression !== undefined && { 'dynamodb:Attributes': attributesOf(input) }),
    ...(input.ReturnValues !== undefined && { 'dynamodb:ReturnValues': [input.ReturnValues] }),
    ...(input.SigningAlgorithm !== undefined && {
      'kms:SigningAlgorithm': [input.SigningAlgorithm],
      // KMS takes what is not said for `RAW`.
      'kms:MessageType': [input.MessageType ?? 'RAW'],
    }),
    ...(encryption.length > 0 && {
      'kms:EncryptionContextKeys': encryption.map(([key]) => key),
    }),
    ...Object.fromEntries(
      encryption.map(([key, value]) => [`kms:EncryptionContext:${key}`, [value]]),
    ),
  };
}

/** In an expression: no value, no function, no later part of a path. */
const NAME = /(?<![\w:.#])#?[A-Za-z_]\w*\b(?!\s*\()/g;
const WORDS: readonly string[] = [
  ...['SET', 'REMOVE', 'ADD', 'DELETE', 'AND', 'OR', 'NOT', 'BETWEEN', 'IN'],
];

/** The attributes that an update names: of its key, of what it changes, of its condition. */
function attributesOf(input: Input): readonly string[] {
  const { Key = {}, UpdateExpression = '', ConditionExpression = '' } = input;
  const named = `${UpdateExpression} ${ConditionExpression}`.match(NAME) ?? [];
  const names = named
    .filter((name) => !WORDS.includes(name.toUpperCase()))
    .map((name) => input.ExpressionAttributeNames?.[name] ?? name);
  return [...new Set([...Object.keys(Key), ...names])].sort();
}
