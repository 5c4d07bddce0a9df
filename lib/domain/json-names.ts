/** Names of a JSON text that a parsed value does not show, or that no field may have. */

/** What could reach a prototype where somebody copies fields by name. */
export const HOSTILE_NAMES: readonly string[] = ['__proto__', 'constructor', 'prototype'];

interface Frame {
  /** Undefined: a list, or the inside of what is opaque. */
  readonly names: Set<string> | undefined;
  readonly isObject: boolean;
  readonly isOpaque: boolean;
  /** The name or the index of the value that is being read. */
  at: string | number;
}

/**
 * The path of the first name that an object has twice: parsers differ in which of the two they
 * take. `text` must be JSON, as `JSON.parse` says. Below a field called `opaque` nothing is looked
 * at: what is there is somebody else's. One pass, without recursion.
 */
export function repeatedName(text: string, opaque?: string): readonly string[] | undefined {
  const frames: Frame[] = [];
  let isName = false;
  for (let i = 0; i < text.length; i++) {
    const top = frames.at(-1);
    switch (text.charCodeAt(i)) {
      case 0x22: {
        const end = endOfText(text, i);
        if (isName && top !== undefined) {
          top.at = nameAt(text, i, end);
          if (top.names?.has(top.at)) return frames.map(({ at }) => String(at));
          top.names?.add(top.at);
          isName = false;
        }
        i = end;
        break;
      }
      case 0x7b:
        frames.push(frameOf(true, top, opaque));
        isName = true;
        break;
      case 0x5b:
        frames.push(frameOf(false, top, opaque));
        isName = false;
        break;
      case 0x7d:
      case 0x5d:
        frames.pop();
        isName = false;
        break;
      case 0x2c:
        isName = top?.isObject === true;
        if (typeof top?.at === 'number') top.at++;
        break;
    }
  }
  return undefined;
}

function frameOf(isObject: boolean, above: Frame | undefined, opaque: string | undefined): Frame {
  const isOpaque = above !== undefined && (above.isOpaque || isNamed(above, opaque));
  const names = isObject && !isOpaque ? new Set<string>() : undefined;
  return { names, isObject, isOpaque, at: isObject ? '' : 0 };
}

function isNamed({ isObject, at }: Frame, opaque: string | undefined): boolean {
  return isObject && opaque !== undefined && at === opaque;
}

/** Where the quotation mark is that ends the text which begins at `start`. */
function endOfText(text: string, start: number): number {
  for (let from = start + 1; ; ) {
    const end = text.indexOf('"', from);
    if (end === -1) return text.length;
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return end;
    from = end + 1;
  }
}

/** Names are compared as they read, however they are spelt. */
function nameAt(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
}
