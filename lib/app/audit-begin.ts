/**
 * Of each store, queue and way out that a change may be made by: what it is only read by. All else,
 * whatever it is called, is done after the change was begun in the audit log.
 */
const READINGS: Readonly<Record<string, readonly string[]>> = {
  integrations: ['byId', 'byName', 'open', 'list', 'routes', 'tenants'],
  sources: ['byId', 'byName', 'open', 'list'],
  apiKeys: ['byId', 'byLookup', 'list'],
  events: ['get', 'list', 'accepted'],
  deliveries: [
    ...['load', 'ofEvent', 'startedOf', 'ofIntegration', 'sample', 'withStatus', 'due', 'held'],
  ],
  progress: ['checkpoint', 'sweeps'],
  breakers: ['board', 'load', 'history'],
  drains: ['load'],
  lines: ['newest', 'has', 'front'],
  healthChecks: ['load', 'all'],
  jobs: ['marks', 'load', 'list'],
  claims: [],
  answers: ['last'],
  rateLimits: [],
  concurrencyLimits: [],
  deliveryQueue: [],
  workQueue: [],
  fanOutQueue: [],
  sender: [],
  // They send by the sender that they were made with.
  tokens: [],
};

/** What is done by these no recorder notes, and it stays though the request is refused after it. */
const UNRECORDED: ReadonlySet<string> = new Set([
  ...['events', 'progress', 'drains', 'lines'],
  ...['deliveryQueue', 'workQueue', 'fanOutQueue', 'sender', 'tokens'],
]);

/** Waited for before anything is done; told whether that is what no recorder notes. */
type Begin = (isUnrecorded: boolean) => Promise<unknown>;

/**
 * The same stores; before anything is changed by them, or sent, `begin` is waited for. So a request
 * that is refused for what it says has begun nothing, and costs the audit log no write.
 */
export function beginningAtWrites<S extends object>(stores: S, begin: Begin): S {
  const ports = Object.entries(stores).map(([name, port]): [string, unknown] => {
    const readings = Object.hasOwn(READINGS, name) ? READINGS[name] : undefined;
    if (readings === undefined) return [name, port];
    return [name, beginning(port, readings, () => begin(UNRECORDED.has(name)))];
  });
  return Object.fromEntries(ports) as S;
}

function beginning(
  port: object,
  readings: readonly string[],
  begin: () => Promise<unknown>,
): object {
  const methods = Object.entries(port).map(([name, method]): [string, unknown] => {
    if (typeof method !== 'function' || readings.includes(name)) return [name, method];
    const begun = async (...args: unknown[]): Promise<unknown> => {
      await begin();
      return await Reflect.apply(method, port, args);
    };
    return [name, begun];
  });
  return Object.fromEntries(methods);
}
