import * as z from 'zod/mini';
import { omit } from '../../domain/omit.ts';
import type { Schema } from './schema.ts';

/** JSON Schemas of what the product reads its input with, so that the two cannot part. */

/** What a request may hold, as the schema that reads it says. */
export function inputOf(schema: z.core.$ZodType): Schema {
  return converted(schema, 'input');
}

/** What comes out of that schema, with every default filled in: settings as answers show them. */
export function outputOf(schema: z.core.$ZodType): Schema {
  return converted(schema, 'output');
}

function converted(schema: z.core.$ZodType, io: 'input' | 'output'): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const given = jsonSchema as Record<string, unknown>;
      // A JSON Schema has no flags: half a pattern would refuse what the product takes.
      if (given.pattern === '^' || isCaseless(zodSchema)) delete given.pattern;
      else if (typeof given.pattern === 'string') given.pattern = portable(given.pattern);
    },
  });
  return plain(rest);
}

const CONTROLS = String.raw`\u0000-\u001f\u007f-\u009f`;

/** The category Cc spelt out: few languages besides this one know it by name. */
function portable(pattern: string): string {
  return pattern.replaceAll('\\P{Cc}', `[^${CONTROLS}]`).replaceAll('\\p{Cc}', CONTROLS);
}

interface Definition {
  readonly innerType?: z.core.$ZodType;
  readonly checks?: readonly { readonly _zod: { readonly def: { readonly pattern?: RegExp } } }[];
}

/** Whether its pattern has the flag `i`; what a default is for counts as the default. */
function isCaseless(schema: z.core.$ZodType): boolean {
  const { innerType, checks = [] } = schema._zod.def as Definition;
  if (innerType !== undefined) return isCaseless(innerType);
  return checks.some(({ _zod }) => _zod.def.pattern?.flags.includes('i') === true);
}

/** What zod shares between its results is copied out, so that they can be changed apart. */
function plain(schema: object): Schema {
  return JSON.parse(JSON.stringify(schema)) as Schema;
}

/** The same with other schemas for some of its fields, and without what is not needed. */
export function withFields(
  schema: Schema,
  fields: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
): Schema {
  const { properties, required } = schema as ObjectSchema;
  return {
    ...schema,
    properties: { ...properties, ...fields },
    required: required?.filter((name) => !optional.includes(name)) ?? [],
  };
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/**
 * What a merge patch (RFC 7396) of such an object may be: each member may be left out or be null,
 * and so may theirs. Lists are replaced whole.
 */
export function patchOf(schema: Schema): Schema {
  const { oneOf, anyOf, properties, ...rest } = omit(schema, 'required', 'default');
  const branches = (oneOf ?? anyOf) as readonly Schema[] | undefined;
  return {
    ...rest,
    ...(branches && { anyOf: branches.map(patchOf) }),
    ...(properties !== undefined && { properties: patchedEach(properties as object) }),
    ...(isSchema(rest.additionalProperties) && {
      additionalProperties: orNull(rest.additionalProperties),
    }),
  };
}

function patchedEach(properties: object): Readonly<Record<string, Schema>> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, orNull(patchOf(schema))]),
  );
}

function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null;
}
