import type { Product } from './product.ts';

export interface WeatherOptions {
  /** Asked this often what it is like. */
  readonly everyMs: number;
}

const TABLES_MS_MAX = 8 * 60_000;
const SECRETS_MS_MAX = 15 * 60_000;
const OFF_MS_MAX = 45 * 60_000;

/**
 * What befalls a whole service for minutes. Faults: `dynamodb-down`, every request to the tables
 * fails; `kms-down`, each is refused, as when their key is disabled, and so are data keys; `secrets-out`; `lambda-off`,
 * a function whose concurrency somebody has set to zero, for up to three quarters of an hour.
 */
export function productWeather(product: Product, { everyMs }: WeatherOptions): void {
  const { simulation, db, vault, keys, functions } = product;
  const { clock } = simulation.world;
  const over = (who: string, forMs: number, end: () => void) =>
    clock.after(forMs, () => {
      end();
      simulation.note(who, 'is as it was again');
    });

  const ask = () => {
    clock.after(everyMs, ask);
    const tables = simulation.fault('tables', ['dynamodb-down', 'kms-down']);
    if (tables !== undefined && db.outage === 'none') {
      db.outage = tables.kind === 'kms-down' ? 'denied' : 'down';
      keys.outage = tables.kind === 'kms-down';
      over('tables', tables.amount * TABLES_MS_MAX, () => {
        db.outage = 'none';
        keys.outage = false;
      });
    }
    const secrets = simulation.fault('secrets', ['secrets-out']);
    if (secrets !== undefined) {
      vault.outage = true;
      over('secrets', secrets.amount * SECRETS_MS_MAX, () => {
        vault.outage = false;
      });
    }
    for (const [name, fn] of Object.entries(functions)) {
      const off = simulation.fault(`lambda/${name}`, ['lambda-off']);
      if (off === undefined) continue;
      fn.isThrottled = true;
      over(`lambda/${name}`, off.amount * OFF_MS_MAX, () => {
        fn.isThrottled = false;
      });
    }
  };
  clock.after(everyMs, ask);
}
