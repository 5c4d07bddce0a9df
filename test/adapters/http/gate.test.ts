import { describe, expect, it } from 'vitest';
import { gate } from '../../../lib/adapters/http/gate.ts';

const NEVER = new AbortController().signal;

describe('the gate', () => {
  it('lets so many in, and the others in their order as places come free', async () => {
    const exits = gate(2);
    const order: number[] = [];
    const enter = async (number: number) => {
      if (await exits.enter(NEVER)) order.push(number);
    };
    const all = Promise.all([1, 2, 3, 4].map(enter));
    await new Promise(setImmediate);
    expect(order).toEqual([1, 2]);
    exits.leave();
    await new Promise(setImmediate);
    expect(order).toEqual([1, 2, 3]);
    exits.leave();
    await all;
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it('turns away whom the deadline reaches first, and gives the place to the next', async () => {
    const exits = gate(1);
    await exits.enter(NEVER);
    const deadline = new AbortController();
    const impatient = exits.enter(deadline.signal);
    const patient = exits.enter(NEVER);
    deadline.abort();
    expect(await impatient).toBe(false);
    exits.leave();
    expect(await patient).toBe(true);
  });

  it('is as wide as before when everyone has left', async () => {
    const exits = gate(1);
    for (let round = 0; round < 3; round++) {
      expect(await exits.enter(NEVER)).toBe(true);
      exits.leave();
    }
    expect(await exits.enter(NEVER)).toBe(true);
  });
});
