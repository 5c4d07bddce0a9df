import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Clock, Random } from '../app/ports.ts';

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (ms) => {
    await setTimeout(ms);
  },
};

/** Cryptographic bytes for ids and secrets, dice for jitter. */
export const systemRandom: Random = {
  bytes: (count) => randomBytes(count),
  unit: () => randomBytes(4).readUInt32BE() / 2 ** 32,
};
