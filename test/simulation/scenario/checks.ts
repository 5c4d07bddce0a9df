import type { Run } from './run.ts';

/** Judges a run when it is over; a text is what is wrong. */
export type Check = (run: Run) => string | undefined;

/** Every guarantee, by the name it has in a failing run. */
export const CHECKS: Readonly<Record<string, Check>> = {
  'audited to the end': ({ audit }) => (audit.isOver ? undefined : 'the audit did not end'),
  'nothing accepted is lost': ({ audit }) => first([...audit.lost, ...audit.changed]),
  'everything ends': ({ audit }) =>
    first(
      [...audit.deliveries.values()]
        .filter(({ status }) => !['delivered', 'failed', 'cancelled'].includes(status))
        .map(({ id, status, heldBy }) => `${id} is ${status} ${heldBy ?? ''}`),
    ),
};

function first(list: readonly string[]): string | undefined {
  return list[0];
}
