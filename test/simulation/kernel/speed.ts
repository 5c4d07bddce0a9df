/**
 * Says how many steps the kernel does in a second of one processor, and what memory many runs
 * leave behind: `node --expose-gc test/simulation/kernel/speed.ts`. No test depends on it.
 */
import { randomFaults } from './faults.ts';
import { simulate } from './simulate.ts';
import { inbox } from './toys.ts';

const PROCESSES = 20;
const STEPS = 20_000;
const RUNS = 10_000;
const MIB = 2 ** 20;

async function speed(rates: Record<string, number>): Promise<number> {
  const faults = randomFaults(1, rates);
  const began = process.cpuUsage();
  await simulate({ seed: 1, faults, forMs: Number.MAX_SAFE_INTEGER }, (simulation) => {
    for (let n = 0; n < PROCESSES; n++) {
      const one = simulation.spawn(`p${n}`, { isMortal: true, onDeath: () => {} });
      one.start(
        async () => {
          for (let step = 0; step < STEPS; step++) await one.step('work', () => step);
        },
        () => {},
      );
    }
  });
  return Math.round((PROCESSES * STEPS) / (process.cpuUsage(began).user / 1e6));
}

function heapMib(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / MIB;
}

async function runs(): Promise<string> {
  const rates = { 'kill-before': 0.03, 'kill-after': 0.03, 'skew-back': 0.1 };
  await inbox({ seed: 0, faults: randomFaults(0, rates) });
  const before = heapMib();
  const began = performance.now();
  let steps = 0;
  for (let seed = 0; seed < RUNS; seed++) {
    steps += (await inbox({ seed, faults: randomFaults(seed, rates) })).steps;
  }
  const seconds = (performance.now() - began) / 1_000;
  const grown = heapMib() - before;
  return `${RUNS} runs of ${Math.round(steps / RUNS)} events in ${seconds.toFixed(1)} s, heap grown by ${grown.toFixed(1)} MiB`;
}

for (let round = 0; round < 2; round++) {
  process.stdout.write(`no faults: ${await speed({})} steps/s\n`);
  process.stdout.write(`rare kills: ${await speed({ 'kill-before': 1e-9 })} steps/s\n`);
}
process.stdout.write(`${await runs()}\n`);
