/** Lines of a trace before and after a fault, and at its end, that are told. */
const BEFORE = 5;
const AFTER = 12;
const LAST = 60;
/** Faults that are told with what was around them. */
const FAULTS_MAX = 5;
/** Entries kept of a run that is told: all of it, as a rule. */
export const TOLD_TRACE_MAX = 1_000_000;

/**
 * What of a trace tells how a failure came about: what happened around the first faults, and the
 * end. The same thing done many times in a row is one line; left out is shown as `…`. So is the
 * audit, in which the product is only asked what it holds.
 */
export function telling(lines: readonly string[]): readonly string[] {
  const folded = foldedLines(beforeAudit(lines));
  const told = new Set<number>();
  const tell = (from: number, to: number) => {
    for (let at = Math.max(0, from); at < Math.min(to, folded.length); at++) told.add(at);
  };
  const faults = folded.flatMap((line, at) => (whoIn(line) === 'fault' ? [at] : []));
  for (const at of faults.slice(0, FAULTS_MAX)) tell(at - BEFORE, at + AFTER);
  tell(folded.length - LAST, folded.length);
  return folded.flatMap((line, at) => {
    if (told.has(at)) return [line];
    return told.has(at + 1) ? ['…'] : [];
  });
}

function beforeAudit(lines: readonly string[]): readonly string[] {
  const from = lines.findIndex((line) => whoIn(line) === 'auditor');
  if (from < 0) return lines;
  const failure = lines.slice(from).filter((line) => whoIn(line) === 'failure');
  return [...lines.slice(0, from), ...failure];
}

function foldedLines(lines: readonly string[]): readonly string[] {
  const folded: string[] = [];
  let times = 1;
  for (const [at, line] of lines.entries()) {
    const next = lines[at + 1];
    if (next !== undefined && deedIn(next) === deedIn(line)) {
      times += 1;
      continue;
    }
    folded.push(times === 1 ? line : `${line} ×${times}`);
    times = 1;
  }
  return folded;
}

/** After the day and the time. */
function deedIn(line: string): string {
  return line.split(' ').slice(2).join(' ');
}

function whoIn(line: string): string | undefined {
  return line.split(' ')[2];
}
