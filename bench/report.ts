/** What a section of the bench has found: rows for people, details for programs. */
export interface Section {
  readonly name: string;
  readonly rows: readonly Row[];
  /** How the figures were come by, and what they leave out. */
  readonly notes: readonly string[];
  readonly details: unknown;
}

export interface Row {
  readonly what: string;
  readonly figure: number | string;
  readonly unit: string;
  readonly budget?: Budget;
}

/** A promise of the design that the figure keeps or breaks. */
export interface Budget {
  readonly text: string;
  readonly holds: boolean;
}

export function atMost(figure: number, max: number): Budget {
  return { text: `≤ ${max}`, holds: figure <= max };
}

export function exactly(figure: number, wanted: number): Budget {
  return { text: `= ${wanted}`, holds: figure === wanted };
}

/** Everything in one table, the notes of each section below it. */
export function asTable(sections: readonly Section[]): string {
  const lines = sections.flatMap(({ name, rows }) => rows.map((row) => cells(name, row)));
  const head = ['section', 'what', 'figure', 'unit', 'budget', 'holds'];
  const all = [head, ...lines];
  const widths = head.map((_, i) => Math.max(...all.map((line) => [...(line[i] ?? '')].length)));
  const text = all.map((line) =>
    line
      .map((cell, i) => (i === 2 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  const notes = sections.flatMap((section) =>
    section.notes.map((note) => `${section.name}: ${note}`),
  );
  return [text[0], rule, ...text.slice(1), '', ...notes].join('\n');
}

function cells(section: string, { what, figure, unit, budget }: Row): readonly string[] {
  const holds = budget === undefined ? '' : budget.holds ? 'yes' : 'NO';
  return [section, what, String(figure), unit, budget?.text ?? '', holds];
}
