/** One line of the product made wrong on purpose, to see who notices. */
export interface Defect {
  readonly name: string;
  /** What is then no longer kept. */
  readonly guarantee: string;
  /** From the root of the repository. */
  readonly file: string;
  /** Stands in the file exactly once, on one line. */
  readonly find: string;
  readonly replace: string;
}

/** The file's text with the defect in it; throws where the line is not there, or not alone. */
export function planted(text: string, { name, file, find, replace }: Defect): string {
  const parts = text.split(find);
  if (parts.length !== 2) {
    throw new Error(`${name}: ${file} holds what is to be replaced ${parts.length - 1} times.`);
  }
  return parts.join(replace);
}

/** The variable of the environment that names the defect which a process is to have. */
export const DEFECT = 'BREAKWATER_DEFECT';
