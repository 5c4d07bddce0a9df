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
