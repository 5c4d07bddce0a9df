import type { Receiver } from '../receiver.ts';
import type { Scratch } from '../scratch.ts';
import type { Scenario } from './scenarios.ts';
import { startWorld, type Usage, type World } from './world.ts';

/** What a scenario used, by phase. */
export interface Measured {
  readonly scenario: Scenario;
  readonly accept: Usage;
  readonly deliver: Usage;
  /** The tick that compares these events with what was begun. */
  readonly compare: Usage;
  /** The same with nothing to compare. */
  readonly idle: Usage;
  /** The tick ten minutes later, which counts these events once more. */
  readonly recount: Usage;
  /** The same with nothing to count: what each minute takes at rest. */
  readonly rest: Usage;
}

/**
 * An event is compared when it is 50 s old, and counted again ten minutes later. Each of these
 * ticks compares one window, and those from `skipped` on count one again: that of the days before,
 * that of `compare`, that of `idle`.
 */
const TICKS_AFTER_MS = {
  compare: 60_000,
  idle: 120_000,
  skipped: 580_000,
  recount: 640_000,
  rest: 700_000,
};

/** Runs a scenario through the real functions in a world of its own. */
export async function measure(
  scenario: Scenario,
  place: { readonly scratch: Scratch; readonly dist: string; readonly receiver: Receiver },
): Promise<Measured> {
  const world = await startWorld(place.scratch, place.dist);
  try {
    await makeKey(world);
    await scenario.prepare(world, place.receiver.url);
    // The first tick ever looks back over days, which no other does.
    await world.functions.tickAhead(0);
    place.receiver.forget();
    // From here on, so that each figure has its share of what a cold function reads.
    await world.functions.stop();
    world.takeUsage();

    await scenario.accept(world);
    const accept = world.takeUsage();
    await world.poller.drain();
    const deliver = world.takeUsage();
    requireAll(scenario, place.receiver);

    const tick = async (name: keyof typeof TICKS_AFTER_MS) => {
      await world.functions.tickAhead(TICKS_AFTER_MS[name]);
      return world.takeUsage();
    };
    const compare = await tick('compare');
    const idle = await tick('idle');
    await tick('skipped');
    const recount = await tick('recount');
    const rest = await tick('rest');
    return { scenario, accept, deliver, compare, idle, recount, rest };
  } finally {
    await world.stop();
  }
}

async function makeKey(world: World): Promise<void> {
  const made = await world.gateway.send({
    route: 'POST /v1/keys',
    to: 'api',
    expect: 201,
    body: JSON.stringify({ name: 'bench', scopes: ['admin'] }),
  });
  world.gateway.useKey(String(made.key));
}

/** Figures of a run that lost something would look cheap. */
function requireAll({ name, deliveries }: Scenario, receiver: Receiver): void {
  const arrived = receiver.arrivals().length;
  if (arrived === deliveries) return;
  throw new Error(`${name}: ${arrived} of ${deliveries} deliveries arrived.`);
}
