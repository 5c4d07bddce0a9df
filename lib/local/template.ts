import { handlingOf, isCustomResource } from './resource-types.ts';

/** A CloudFormation template of which every part is known, and its values with nothing left open. */
export interface Template {
  readonly resources: ReadonlyMap<string, Resource>;
}

export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  /** As they stand in the template, intrinsic functions included. */
  readonly properties: Properties;
}

export type Properties = Readonly<Record<string, unknown>>;

/** What a resource is called here: `Ref` or the name of an attribute. */
export type AttributeOf = (resource: Resource, attribute: string) => string;

export interface Place {
  readonly account: string;
  readonly region: string;
  readonly stackName: string;
}

/** Reads a template; a type, property or condition that the local run does not know throws. */
export function readTemplate(json: unknown): Template {
  const raw = record(record(json).Resources);
  const resources = Object.entries(raw).map(([logicalId, value]) => {
    const { Type, Properties: properties, Condition } = record(value);
    const resource = { logicalId, type: String(Type), properties: record(properties ?? {}) };
    if (Condition !== undefined)
      throw new Error(`${where(resource)}: conditions are not known here`);
    requireKnown(resource);
    return [logicalId, resource] as const;
  });
  return { resources: new Map(resources) };
}

function requireKnown(resource: Resource) {
  if (isCustomResource(resource.type)) return;
  const handling = handlingOf(resource.type);
  if (handling === undefined) {
    throw new Error(`${where(resource)}: the local run does not know this resource type`);
  }
  if (handling.kind === 'needless') return;
  const unknown = Object.keys(resource.properties).filter((name) => !handling.properties.has(name));
  if (unknown.length > 0) {
    throw new Error(`${where(resource)}: the local run does not know ${unknown.join(', ')}`);
  }
}

/** The resource's properties with every intrinsic function put in its value's place. */
export function resolved(
  template: Template,
  resource: Resource,
  place: Place,
  attributeOf: AttributeOf,
): Properties {
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::AccountId': place.account,
    'AWS::Region': place.region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': place.stackName,
    'AWS::StackId': `arn:aws:cloudformation:${place.region}:${place.account}:stack/${place.stackName}/local`,
  };
  const fail = (reason: string): never => {
    throw new Error(`${where(resource)}: ${reason}`);
  };
  const attribute = (logicalId: string, name: string): string => {
    const target = template.resources.get(logicalId);
    if (target === undefined) return fail(`there is no resource or parameter ${logicalId}`);
    return attributeOf(target, name);
  };
  const reference = (name: string) => pseudo[name] ?? attribute(name, 'Ref');

  const intrinsics: Readonly<Record<string, (argument: unknown) => unknown>> = {
    Ref: (name) => reference(String(name)),
    'Fn::GetAtt'(argument) {
      const [id = '', ...path] = Array.isArray(argument) ? argument : String(argument).split('.');
      return attribute(String(id), path.join('.'));
    },
    'Fn::Join'(argument) {
      const [separator, parts] = list(argument);
      return list(value(parts)).join(String(separator));
    },
    'Fn::Select'(argument) {
      const [index, items] = list(argument);
      return list(value(items))[Number(value(index))] ?? fail('Fn::Select points past the end');
    },
    'Fn::Split'(argument) {
      const [separator, text] = list(argument);
      return String(value(text)).split(String(separator));
    },
    'Fn::Sub'(argument) {
      const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
      return String(text).replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
        if (literal !== '') return `\${${name}}`;
        const given = record(variables)[name];
        if (given !== undefined) return String(value(given));
        const [id = '', ...path] = name.split('.');
        return path.length === 0 ? reference(id) : attribute(id, path.join('.'));
      });
    },
  };

  function value(input: unknown): unknown {
    if (Array.isArray(input)) return input.map(value);
    if (typeof input === 'string' && input.includes('{{resolve:')) {
      return fail(`dynamic reference ${input} is not known here`);
    }
    if (typeof input !== 'object' || input === null) return input;
    const [[name, argument] = ['', undefined], ...others] = Object.entries(input);
    if (others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) {
      const intrinsic = intrinsics[name] ?? fail(`intrinsic function ${name} is not known here`);
      return intrinsic(argument);
    }
    return Object.fromEntries(Object.entries(input).map(([key, inner]) => [key, value(inner)]));
  }
  function list(input: unknown): readonly unknown[] {
    return Array.isArray(input) ? input : fail(`${JSON.stringify(input)} is not a list`);
  }
  return value(resource.properties) as Properties;
}

export function where({ logicalId, type }: Resource): string {
  return `${logicalId} (${type})`;
}

function record(value: unknown): Properties {
  if (typeof value === 'object' && value !== null) return value as Properties;
  throw new Error(`The template has ${JSON.stringify(value)} where an object belongs`);
}
