import { source } from './fixtures.ts';
import { namedContract } from './named.contract.ts';
import type { MakeWorld } from './stand-ins.ts';

/** What every implementation of `Sources` promises. */
export function sourcesContract(make: MakeWorld): void {
  namedContract(make, (stores) => stores.sources, source);
}
