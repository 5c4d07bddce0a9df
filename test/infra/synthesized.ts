import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { addBreakwater } from '../../infra/add-breakwater.ts';
import type { BreakwaterStack } from '../../infra/breakwater-stack.ts';
import { bundledCode } from '../../infra/service-function.ts';
import { ASSEMBLIES_ENV } from '../assemblies.ts';

const ASSEMBLIES = process.env[ASSEMBLIES_ENV] ?? tmpdir();

const ROOT = new URL('../../', import.meta.url);
const { context: FLAGS } = JSON.parse(readFileSync(new URL('cdk.json', ROOT), 'utf8'));

// biome-ignore lint/suspicious/noExplicitAny: a template's properties are as CloudFormation has them.
export type Properties = Record<string, any>;

export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: Properties;
  readonly deletionPolicy: string | undefined;
}

/** The real bundle where there is one; the template does not depend on what is in it. */
function codeOf(file: string): Code {
  return existsSync(new URL(`dist/${file}/index.js`, ROOT))
    ? bundledCode(file)
    : Code.fromInline('exports.handler = async () => ({})');
}

/** The app with its stack, as `cdk synth` would make them with these `-c` settings. */
export function appWith(context: Record<string, unknown> = {}): {
  readonly app: App;
  readonly stack: BreakwaterStack;
} {
  const outdir = mkdtempSync(join(ASSEMBLIES, 'app-'));
  const app = new App({ context: { ...FLAGS, ...context }, outdir, analyticsReporting: false });
  return { app, stack: addBreakwater(app, codeOf) };
}

export class Synthesized {
  readonly resources: readonly Resource[];
  readonly outputs: Properties;

  constructor(context: Record<string, unknown> = {}) {
    const template = Template.fromStack(appWith({ nag: 'off', ...context }).stack).toJSON();
    this.outputs = template.Outputs;
    this.resources = Object.entries(template.Resources as Properties).map(([id, resource]) => ({
      id,
      type: resource.Type,
      properties: resource.Properties ?? {},
      deletionPolicy: resource.DeletionPolicy,
    }));
  }

  all(type: string): readonly Resource[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  /** The one function whose logical id begins with `Functions<name>` and a hash. */
  functionNamed(name: string): Resource {
    const found = this.all('AWS::Lambda::Function').find(
      ({ id }) => id.slice(0, -8) === `Functions${name}`,
    );
    if (found === undefined) throw new Error(`No function ${name} in the template`);
    return found;
  }

  /** Statements of the policies that are attached to the function's own role. */
  statementsOf(name: string): readonly Properties[] {
    const role = this.functionNamed(name).properties.Role['Fn::GetAtt'][0];
    return this.all('AWS::IAM::Policy')
      .filter(({ properties }) => properties.Roles.some((ref: Properties) => ref.Ref === role))
      .flatMap(({ properties }) => properties.PolicyDocument.Statement);
  }
}

export function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}
