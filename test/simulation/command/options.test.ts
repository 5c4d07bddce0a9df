import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { commandOf, UsageError } from './options.ts';

const workers = availableParallelism();

it.each<[string, object]>([
  ['', { kind: 'seeds', range: { from: 1, count: 100 }, days: 7, workers }],
  [
    '--seeds 10000 --from 5 --days 30 --workers 3',
    { kind: 'seeds', range: { from: 5, count: 10_000 }, days: 30, workers: 3 },
  ],
  ['--seed 12', { kind: 'seed', seed: 12, days: 7 }],
  ['--faults simulate-failures/3.json', { kind: 'replay', file: 'simulate-failures/3.json' }],
  ['--crash', { kind: 'crash', isPairs: false, workers }],
  ['--crash --pairs --workers 1', { kind: 'crash', isPairs: true, workers: 1 }],
])('understands "%s"', (text, command) => {
  expect(commandOf(text.split(' ').filter((word) => word !== ''))).toEqual(command);
});

it.each<[string, string]>([
  ['--seeds=ten', '--seeds=ten: allowed are whole numbers from 1 to 2147483647.'],
  ['--seeds=0', '--seeds=0: allowed'],
  ['--seed=4294967296', '--seed=4294967296: allowed are whole numbers from 1 to 2147483647.'],
  ['--days=91', '--days=91: allowed are whole numbers from 1 to 90.'],
  ['--workers=1.5', '--workers=1.5: allowed are whole numbers from 1 to 64.'],
  ['--seed=1 --seeds=2', '--seed and --seeds: allowed is one of the two.'],
  ['--pairs', '--pairs: allowed only with --crash.'],
  ['--sneeds=1', "Unknown option '--sneeds'"],
  ['7', "Unexpected argument '7'"],
])('refuses "%s" and says what is allowed', (text, message) => {
  const understand = () => commandOf(text.split(' '));
  expect(understand).toThrow(UsageError);
  expect(understand).toThrow(message);
});
