/** Longer lines are handed on in pieces: a stream without line ends must not fill the memory. */
const LINE_LENGTH_MAX = 1_048_576;

/** Cuts what is written into lines; `end` hands on what is left. */
export function lineBuffer(onLine: (line: string) => void) {
  let rest = '';
  return {
    write(text: string): void {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') onLine(line);
      if (rest.length > LINE_LENGTH_MAX) this.end();
    },
    end(): void {
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}
