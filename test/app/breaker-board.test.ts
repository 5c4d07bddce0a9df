import { describe, expect, it } from 'vitest';
import { breakerBoard, signOf } from '../../lib/app/breaker-board.ts';
import { BREAKER_DEFAULTS, newBreaker } from '../../lib/domain/breaker.ts';
import { closed, opened } from '../../lib/domain/breaker-transitions.ts';
import { fakeBreakers } from '../fakes/stores-outage.ts';
import { fakeClock, fakeTelemetry, T0 } from '../fakes/world.ts';

const REF = { tenant: 'default', integrationId: 'int_01', target: 0 } as const;
const BEFORE = newBreaker(REF);
const OPEN = opened(BEFORE, BREAKER_DEFAULTS, { nowMs: T0, reason: 'It failed.', dice: 0 });
const CLOSED = closed(OPEN, { nowMs: T0 + 1, reason: 'It went well.' });

function boardOf() {
  const clock = fakeClock();
  return breakerBoard({ breakers: fakeBreakers(clock), clock, telemetry: fakeTelemetry() });
}

describe('what an instance learned itself', () => {
  it('is not forgotten for an answer that was overtaken on its way', () => {
    const board = boardOf();
    board.learn(signOf(OPEN));
    board.learn(signOf(BEFORE));
    expect(board.sign(REF)?.state).toBe('open');
  });

  it('gives way to what came after it', () => {
    const board = boardOf();
    board.learn(signOf(OPEN));
    board.learn(signOf(CLOSED));
    expect(board.sign(REF)?.state).toBe('closed');
  });

  it('changes marks within one version', () => {
    const board = boardOf();
    board.learn(signOf(OPEN));
    board.learn({ ...signOf(OPEN), notBeforeMs: T0 + 5_000 });
    expect(board.sign(REF)?.notBeforeMs).toBe(T0 + 5_000);
  });
});

describe('a board whose question was out while its instance was frozen', () => {
  const questions: { answer: (signs: readonly ReturnType<typeof signOf>[]) => void }[] = [];
  const clock = fakeClock();
  const board = () =>
    new Promise<readonly ReturnType<typeof signOf>[]>((answer) => questions.push({ answer }));
  const asked = breakerBoard({ breakers: { board }, clock, telemetry: fakeTelemetry() });

  it('is asked for anew, and an answer of the old question changes nothing any more', async () => {
    const inVain = asked.refresh();
    clock.advance(250);
    await inVain;
    await asked.refresh();
    clock.advance(60_000);
    const thawed = asked.refresh();
    questions[1]?.answer([signOf(OPEN)]);
    await thawed;
    questions[0]?.answer([]);
    await asked.refresh();
    expect(questions).toHaveLength(2);
    expect(asked.sign(REF)?.state).toBe('open');
  });
});
