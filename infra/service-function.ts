import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type IManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  type RecursiveLoop,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { TIMEOUT_SECONDS } from '../lib/names.ts';
import type { FunctionName, StageSettings } from './settings.ts';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));

/** What a function runs, by its file in `functions/` without the ending. */
export type CodeOf = (file: string) => Code;

/** The bundle that `npm run bundle` made; without one the stack does not synthesize. */
export function bundledCode(file: string, dist = DIST): Code {
  if (!existsSync(`${dist}/${file}/index.js`)) {
    throw new Error(`functions/${file}.ts is not bundled; run: npm run bundle`);
  }
  return Code.fromAsset(`${dist}/${file}`);
}

export interface ServiceFunctionProps {
  readonly name: FunctionName;
  readonly description: string;
  readonly codeOf: CodeOf;
  readonly settings: StageSettings;
  readonly environment: Readonly<Record<string, string>>;
  /** The one permission that cannot be narrowed to a resource, granted in one place. */
  readonly tracing: IManagedPolicy;
  /** Whether Lambda stops a chain of about 16 invocations that feed each other; it does. */
  readonly recursiveLoop?: RecursiveLoop;
}

/** The settings every function shares; its role may write its own log and nothing else. */
export class ServiceFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    const logGroup = new LogGroup(scope, `${id}Log`, {
      retention: props.settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(scope, `${id}Role`, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      managedPolicies: [props.tracing],
    });
    const reserved = props.settings.reservedConcurrency?.[props.name];
    super(scope, id, {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: props.codeOf(fileOf(props.name)),
      memorySize: props.settings.memoryMb[props.name],
      timeout: Duration.seconds(TIMEOUT_SECONDS[props.name]),
      environment: { ...props.environment },
      role,
      logGroup,
      ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
      ...(props.recursiveLoop === undefined ? {} : { recursiveLoop: props.recursiveLoop }),
    });
    // Set here and not by `tracing`, which would give every role a statement on all resources.
    (this.node.defaultChild as CfnFunction).tracingConfig = { mode: 'Active' };
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
  }

  /** Adds exactly these actions on exactly these resources to the function's own role. */
  allow(actions: readonly string[], resources: readonly string[], conditions = {}): void {
    this.addToRolePolicy(
      new PolicyStatement({ actions: [...actions], resources: [...resources], conditions }),
    );
  }
}

/** Whoever may be allowed something: a function of the stack, or one of your own. */
export type Grantee = Pick<ServiceFunction, 'allow'>;

/** `fanOut` → `fan-out`, the file in `functions/`. */
export function fileOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
