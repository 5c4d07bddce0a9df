import type { Schema } from '../openapi/schema.ts';

/** Reads an OpenAPI document by name: what is absent, or of another shape, is empty. */

export function schemaAt(node: unknown, name: string): Schema {
  const value = isSchema(node) ? node[name] : undefined;
  return isSchema(value) ? value : {};
}

export function entriesOf(node: unknown): readonly (readonly [name: string, value: unknown])[] {
  return isSchema(node) ? Object.entries(node) : [];
}

export function textAt(node: unknown, name: string): string {
  const value = isSchema(node) ? node[name] : undefined;
  return typeof value === 'string' ? value : '';
}

export function listAt(node: unknown, name: string): readonly unknown[] {
  const value = isSchema(node) ? node[name] : undefined;
  return Array.isArray(value) ? value : [];
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The last part of a reference: `NewEvent` of `#/components/schemas/NewEvent`. */
export function nameOf(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1);
}

/** What a reference of the document leads to, or the node itself. */
export function resolved(document: Schema, node: unknown): Schema {
  const ref = textAt(node, '$ref');
  if (ref === '') return isSchema(node) ? node : {};
  return ref.split('/').slice(1).reduce(schemaAt, document);
}
