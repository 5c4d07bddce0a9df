import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Steps } from './binding.ts';
import type { Item } from './values.ts';

/** What a projection keeps: a name or a place, and what of it; `whole` keeps everything below. */
interface Kept {
  readonly whole: boolean;
  readonly parts: Map<string | number, Kept>;
}

/** The parts of an item at these paths; list elements close up. */
export function projected(item: Item, paths: readonly Steps[]): Item {
  const found: Record<string, AttributeValue> = {};
  for (const [name, kept] of treeOf(paths).parts) {
    const value = item[name];
    const part = value && partOf(value, kept);
    if (part !== undefined) found[name] = part;
  }
  return found;
}

function treeOf(paths: readonly Steps[]): Kept {
  const root: Kept = { whole: false, parts: new Map() };
  for (const path of paths) {
    let node = root;
    for (const [at, step] of path.entries()) {
      const next = node.parts.get(step) ?? { whole: at === path.length - 1, parts: new Map() };
      node.parts.set(step, next);
      node = next;
    }
  }
  return root;
}

function partOf(value: AttributeValue, { whole, parts }: Kept): AttributeValue | undefined {
  if (whole) return value;
  if (value.M !== undefined) {
    const M: Record<string, AttributeValue> = {};
    for (const [name, kept] of parts) {
      const inner = typeof name === 'string' ? value.M[name] : undefined;
      const part = inner && partOf(inner, kept);
      if (part !== undefined) M[name] = part;
    }
    return Object.keys(M).length > 0 ? { M } : undefined;
  }
  if (value.L === undefined) return undefined;
  const places = [...parts].filter(([place]) => typeof place === 'number');
  const L = places
    .toSorted(([a], [b]) => Number(a) - Number(b))
    .map(([place, kept]) => {
      const inner = value.L?.[Number(place)];
      return inner && partOf(inner, kept);
    })
    .filter((part) => part !== undefined);
  return L.length > 0 ? { L } : undefined;
}
