import { acceptFlows } from './accept.ts';
import { aloneFlows } from './alone.ts';
import { attemptFlows } from './attempts.ts';
import { breakerFlows } from './breaker.ts';
import { chainFlows } from './chains.ts';
import type { Flow } from './flow.ts';

import { limitFlows } from './limits.ts';
import { outageFlows } from './outages.ts';
import { timeFlows } from './time.ts';

export const flows: readonly Flow[] = [
  ...acceptFlows,
  ...attemptFlows,
  ...timeFlows,
  ...outageFlows,
  ...breakerFlows,
  ...limitFlows,
  ...chainFlows,
  ...aloneFlows,
];
