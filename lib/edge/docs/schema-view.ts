import type { Schema } from '../openapi/schema.ts';
import { type Html, html, inline } from './html.ts';
import { entriesOf, isSchema, listAt, nameOf, schemaAt, textAt } from './reading.ts';

/** Schemas as people read them: each field with its type, its limits and what it is for. */

/** What lies deeper is named and not shown; no schema of ours comes near. */
const DEPTH_MAX = 12;

/** The anchor of a named schema. */
export function schemaId(name: string): string {
  return `schema-${name}`;
}

/** A schema in a line, and below it what it is made of. */
export function schemaView(schema: Schema, depth = 0): Html {
  return html`${inLine(schema)}${depth < DEPTH_MAX ? inside(schema, depth) : undefined}`;
}

/** Type and limits. */
function inLine(schema: Schema): Html {
  const limits = limitsOf(schema).map((limit) => html` <span class="limit">${limit}</span>`);
  return html`<span class="type">${typeOf(schema)}</span>${limits}`;
}

function typeOf(schema: Schema): Html {
  const ref = textAt(schema, '$ref');
  if (ref !== '') return schemaLink(ref);
  if ('const' in schema) return literal(schema.const);
  const choices = choicesOf(schema);
  if (choices.length > 0) return joined(choices.map(typeOf), ' or ');
  const values = listAt(schema, 'enum');
  if (values.length > 0) return joined(values.map(literal), ' | ');
  const types = listAt(schema, 'type').map((type) => html`${String(type)}`);
  if (types.length > 0) return joined(types, ' or ');
  const type = textAt(schema, 'type');
  if (type === 'array') return html`list of ${typeOf(schemaAt(schema, 'items'))}`;
  const held = schema.additionalProperties;
  if (type === 'object' && isSchema(held)) return html`map of ${typeOf(held)}`;
  return html`${type === '' ? 'anything' : type}`;
}

function schemaLink(ref: string): Html {
  const name = nameOf(ref);
  return html`<a href="#${encodeURIComponent(schemaId(name))}">${name}</a>`;
}

export function literal(value: unknown): Html {
  return html`<code>${JSON.stringify(value)}</code>`;
}

/** Each once. */
function joined(pieces: readonly Html[], between: string): Html {
  const once = [...new Map(pieces.map((piece) => [piece.markup, piece])).values()];
  return html`${once.map((piece, i) => (i === 0 ? piece : html`${between}${piece}`))}`;
}

/** The kinds that a value may be of, null last and once. */
function choicesOf(schema: Schema): readonly Schema[] {
  const all = ['oneOf', 'anyOf', 'allOf'].flatMap((name) => listAt(schema, name));
  const flat = all.filter(isSchema).flatMap((one) => {
    const inner = choicesOf(one);
    return inner.length > 0 ? inner : [one];
  });
  return [...flat.filter((one) => !isNull(one)), ...flat.filter(isNull).slice(0, 1)];
}

const isNull = (schema: Schema) => schema.type === 'null';

const LIMITS: Readonly<Record<string, (value: unknown) => Html>> = {
  format: (value) => html`${String(value)}`,
  minimum: (value) => html`≥ ${String(value)}`,
  exclusiveMinimum: (value) => html`> ${String(value)}`,
  maximum: (value) => html`≤ ${String(value)}`,
  minLength: (value) => html`length ≥ ${String(value)}`,
  maxLength: (value) => html`length ≤ ${String(value)}`,
  minItems: (value) => html`items ≥ ${String(value)}`,
  maxItems: (value) => html`items ≤ ${String(value)}`,
  maxProperties: (value) => html`names ≤ ${String(value)}`,
  pattern: (value) => html`<code>${String(value)}</code>`,
  default: (value) => html`default ${literal(value)}`,
};

/** Its own, those of the one kind that it may be of beside null, and those of what it holds. */
function limitsOf(schema: Schema): readonly Html[] {
  const own = Object.entries(schema).flatMap(([name, value]) =>
    Object.hasOwn(LIMITS, name) ? [LIMITS[name]?.(value)] : [],
  );
  const [only, ...others] = choicesOf(schema).filter((one) => !isNull(one));
  const holding = [
    ['each: ', schema.items],
    ['each: ', schema.additionalProperties],
    ['names: ', schema.propertyNames],
  ] as const;
  return [
    ...own.filter((limit) => limit !== undefined),
    ...(only !== undefined && others.length === 0 ? limitsOf(only) : []),
    ...holding.flatMap(([before, held]) =>
      isSchema(held) ? limitsOf(held).map((limit) => html`${before}${limit}`) : [],
    ),
  ];
}

/** The fields of an object, of what a list or a map holds, or of each kind that it may be of. */
function inside(schema: Schema, depth: number): Html | undefined {
  const kinds = choicesOf(schema).flatMap((kind) => inside(kind, depth) ?? []);
  const [only] = kinds;
  if (only !== undefined) {
    if (kinds.length === 1) return only;
    return html`<ul class="kinds">${kinds.map((kind, i) => html`<li>${i === 0 ? 'either' : 'or'} ${kind}</li>`)}</ul>`;
  }
  const fields = entriesOf(schema.properties);
  if (fields.length > 0) return fieldsOf(schema, fields, depth);
  for (const held of [schema.items, schema.additionalProperties]) {
    const found = isSchema(held) ? inside(held, depth) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function fieldsOf(
  schema: Schema,
  fields: readonly (readonly [name: string, value: unknown])[],
  depth: number,
): Html {
  const required = new Set(listAt(schema, 'required'));
  const rows = fields.map(([name, value]) => {
    const field = isSchema(value) ? value : {};
    return fieldView({ name, field, isRequired: required.has(name), depth: depth + 1 });
  });
  return html`<ul class="fields">${rows}</ul>`;
}

export interface Field {
  readonly name: string;
  readonly field: Schema;
  readonly isRequired: boolean;
  readonly description?: string;
  readonly depth?: number;
}

/** One field, parameter or header: name, type, limits, what it is for. */
export function fieldView({ name, field, isRequired, description, depth = 1 }: Field): Html {
  const told = description ?? textAt(field, 'description');
  return html`<li><code class="name">${name}</code> ${
    isRequired ? html`<em>required</em> ` : undefined
  }${schemaView(field, depth)}${told === '' ? undefined : html`<p>${inline(told)}</p>`}</li>`;
}
