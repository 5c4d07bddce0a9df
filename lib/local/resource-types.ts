/**
 * Every CloudFormation type and property that the local run knows. Whatever is not here is an
 * error when the template is read: a thing that deploys and does not run locally must be decided
 * on, not forgotten.
 */
export type Handling =
  | { readonly kind: 'run'; readonly properties: ReadonlySet<string> }
  /** Guards, watches or describes on AWS; nothing a request or message would notice here. */
  | { readonly kind: 'needless' };

const run = (properties: string): Handling => ({
  kind: 'run',
  properties: new Set(properties.split(' ')),
});
const needless: Handling = { kind: 'needless' };

const TABLE =
  // Used.
  'TableName KeySchema AttributeDefinitions GlobalSecondaryIndexes BillingMode ' +
  // Needless here: expiry is a filter in the code, and nothing is kept for others.
  'TimeToLiveSpecification PointInTimeRecoverySpecification SSESpecification TableClass ' +
  'DeletionProtectionEnabled ContributorInsightsSpecification OnDemandThroughput Tags ' +
  'WarmThroughput ResourcePolicy';

const TYPES: Readonly<Record<string, Handling>> = {
  'AWS::Lambda::Function': run(
    'Code Handler Runtime Timeout MemorySize Environment FunctionName ' +
      'ReservedConcurrentExecutions ' +
      'Architectures Description Role Tags KmsKeyArn LoggingConfig TracingConfig RecursiveLoop ' +
      'RuntimeManagementConfig DeadLetterConfig EphemeralStorage',
  ),
  'AWS::Lambda::EventSourceMapping': run(
    'BatchSize EventSourceArn FunctionName FunctionResponseTypes MaximumBatchingWindowInSeconds ' +
      'ScalingConfig Enabled Tags MetricsConfig',
  ),
  'AWS::SQS::Queue': run(
    'QueueName VisibilityTimeout DelaySeconds MessageRetentionPeriod MaximumMessageSize ' +
      'ReceiveMessageWaitTimeSeconds RedrivePolicy ' +
      'KmsMasterKeyId KmsDataKeyReusePeriodSeconds SqsManagedSseEnabled RedriveAllowPolicy Tags',
  ),
  'AWS::DynamoDB::Table': run(TABLE),
  'AWS::DynamoDB::GlobalTable': run(
    `${TABLE} Replicas WriteOnDemandThroughputSettings ReadOnDemandThroughputSettings`,
  ),
  'AWS::ApiGatewayV2::Api': run('Name ProtocolType Description Tags'),
  'AWS::ApiGatewayV2::Stage': run(
    'ApiId StageName AutoDeploy DefaultRouteSettings RouteSettings AccessLogSettings Description ' +
      'Tags',
  ),
  'AWS::ApiGatewayV2::Route': run(
    'ApiId RouteKey Target AuthorizationType AuthorizerId OperationName',
  ),
  'AWS::ApiGatewayV2::Integration': run(
    'ApiId IntegrationType IntegrationUri PayloadFormatVersion TimeoutInMillis ' +
      'IntegrationMethod ConnectionType CredentialsArn Description',
  ),
  'AWS::ApiGatewayV2::Authorizer': run(
    'ApiId AuthorizerType AuthorizerUri AuthorizerPayloadFormatVersion EnableSimpleResponses ' +
      'AuthorizerResultTtlInSeconds IdentitySource Name AuthorizerCredentialsArn',
  ),
  'AWS::Events::Rule': run('ScheduleExpression State Targets Name Description RoleArn Tags'),
  'AWS::SecretsManager::Secret': run(
    'Name GenerateSecretString SecretString Description KmsKeyId Tags',
  ),
  'AWS::KMS::Key': run(
    'Description EnableKeyRotation Enabled KeyPolicy KeySpec KeyUsage PendingWindowInDays ' +
      'RotationPeriodInDays Tags',
  ),
  'AWS::ApiGatewayV2::Deployment': needless,
  'AWS::CDK::Metadata': needless,
  'AWS::CloudWatch::Alarm': needless,
  'AWS::CloudWatch::AnomalyDetector': needless,
  'AWS::CloudWatch::CompositeAlarm': needless,
  'AWS::CloudWatch::Dashboard': needless,
  'AWS::CloudWatch::InsightRule': needless,
  'AWS::IAM::ManagedPolicy': needless,
  'AWS::IAM::Policy': needless,
  'AWS::IAM::Role': needless,
  'AWS::KMS::Alias': needless,
  // A failed schedule shows in the output, and the next one comes in a minute.
  'AWS::Lambda::EventInvokeConfig': needless,
  'AWS::Lambda::Permission': needless,
  'AWS::Logs::LogGroup': needless,
  'AWS::Logs::MetricFilter': needless,
  'AWS::Logs::QueryDefinition': needless,
  'AWS::Logs::ResourcePolicy': needless,
  'AWS::SNS::Subscription': needless,
  'AWS::SNS::Topic': needless,
  'AWS::SNS::TopicPolicy': needless,
  'AWS::SQS::QueuePolicy': needless,
  'AWS::SecretsManager::ResourcePolicy': needless,
};

/** A custom resource is run whatever its properties: they are its function's business. */
export function isCustomResource(type: string): boolean {
  return type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource';
}

export function handlingOf(type: string): Handling | undefined {
  return TYPES[type];
}
