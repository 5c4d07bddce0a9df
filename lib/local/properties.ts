import { type Properties, type Resource, where } from './template.ts';

/** A resource with its values in place. */
export interface Reading {
  readonly resource: Resource;
  readonly properties: Properties;
  attribute(name: string): string;
}

/** A text that the resource must have. */
export function text({ resource, properties }: Reading, name: string): string {
  const value = properties[name];
  if (typeof value === 'string') return value;
  throw new Error(`${where(resource)}: ${name} is missing`);
}

/** CloudFormation takes numbers as text as well. */
export function number({ resource, properties }: Reading, name: string, absent: number): number {
  const value = Number(properties[name] ?? absent);
  if (Number.isFinite(value)) return value;
  throw new Error(`${where(resource)}: ${name} is not a number`);
}

export function flag(value: unknown, absent: boolean): boolean {
  return value === undefined ? absent : value === true || value === 'true';
}

export function inner(value: unknown): Properties {
  return typeof value === 'object' && value !== null ? (value as Properties) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
