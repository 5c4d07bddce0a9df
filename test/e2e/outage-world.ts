import { type Json, until } from './client.ts';
import { allPages, type Gateway } from './gateway.ts';
import { type Receiver, type Script, startReceiver } from './receiver.ts';

/** Endpoints of one gateway that fail and recover as they are told; one path each. */
export interface Endpoints {
  readonly receiver: Receiver;
  /** From now on `/<name>` answers so: a status, or nothing at all. */
  behave(name: string, manner: number | 'hang'): void;
  /** Events that `/<name>` has answered with 2xx, each as often as it did, in that order. */
  taken(name: string): readonly string[];
}

export async function startEndpoints(script?: Script): Promise<Endpoints> {
  const manners = new Map<string, number | 'hang'>();
  const taken: { readonly path: string; readonly id: string }[] = [];
  const receiver = await startReceiver((arrival, nth, response) => {
    const manner = manners.get(arrival.path) ?? 200;
    if (manner === 'hang') return;
    if (manner === 200) {
      taken.push({ path: arrival.path, id: arrival.headers['webhook-id'] ?? '' });
    }
    response.statusCode = manner;
    if (script === undefined) response.end();
    else script(arrival, nth, response);
  });
  return {
    receiver,
    behave: (name, manner) => void manners.set(`/${name}`, manner),
    taken: (name) => taken.flatMap(({ path, id }) => (path === `/${name}` ? [id] : [])),
  };
}

/** Three failures open it, and its first open period is this long. */
export const breakerOf = (openSeconds: number) => ({
  minimumCalls: 3,
  consecutiveFailures: 3,
  openSeconds,
  maxOpenSeconds: openSeconds,
});

export interface Drill {
  register(name: string, more?: Json): Promise<Json>;
  /** Publishes so many events of the integration's own type; the answers. */
  publish(name: string, count: number): Promise<readonly Json[]>;
  breaker(name: string): Promise<Json>;
  breakerThat(name: string, state: string): Promise<Json>;
  /** `trip`, `reset`, `disable`, `enable`; the answer's body. */
  turn(name: string, action: string, body?: Json): Promise<Json>;
  /** Newest first. */
  history(name: string): Promise<readonly Json[]>;
  deliveries(name: string, status: string): Promise<readonly Json[]>;
  /** Publishes one after the other until one is held at once; the events of all of them. */
  publishUntilHeld(name: string): Promise<readonly string[]>;
}

const HELD_MS_MAX = 20_000;

export function drillOn(gateway: Gateway, { receiver }: Endpoints): Drill {
  const of = (name: string) => `/v1/integrations/${name}`;
  const read = async (path: string): Promise<Json> => {
    const { status, json, text } = await gateway.call('GET', path);
    if (status !== 200) throw new Error(`GET ${path} was answered ${status}: ${text}`);
    return json;
  };
  const drill: Drill = {
    register: (name, more = {}) =>
      gateway.register({
        ...{ name, endpoint: `${receiver.url}/${name}`, eventTypes: [name] },
        retry: { schedule: [1, 1, 1, 1, 1, 1], jitter: 0 },
        ...more,
      }),
    async publish(name, count) {
      const events = Array.from({ length: count }, (_, i) => ({ type: name, data: { i } }));
      const answers: Json[] = [];
      for (const event of events) answers.push(await gateway.publish(event));
      return answers;
    },
    breaker: (name) => read(`${of(name)}/breaker`),
    breakerThat: (name, state) =>
      until(`the breaker of ${name} to be ${state}`, async () => {
        const breaker = await drill.breaker(name);
        return breaker.state === state && breaker;
      }),
    async turn(name, action, body = {}) {
      const { status, json, text } = await gateway.call('POST', `${of(name)}/breaker/${action}`, {
        body,
      });
      if (status !== 200) throw new Error(`${action} was answered ${status}: ${text}`);
      return json;
    },
    history: async (name) => (await read(`${of(name)}/breaker/history`)).data,
    deliveries: (name, status) =>
      allPages(gateway.call, `/v1/deliveries?integration=${name}&status=${status}`),
    async publishUntilHeld(name) {
      const ids: string[] = [];
      await until(
        `${name} to be held at once`,
        async () => {
          const { id, deliveries } = await gateway.publish({ type: name });
          ids.push(id);
          return deliveries[0].status === 'held';
        },
        HELD_MS_MAX,
      );
      return ids;
    },
  };
  return drill;
}

/** The number of pairs that came in another order than `wanted`, as a share of all pairs. */
export function disorder(came: readonly string[], wanted: readonly string[]): number {
  const places = came.map((id) => wanted.indexOf(id));
  const wrong = places.flatMap((a, i) => places.slice(i + 1).filter((b) => b < a)).length;
  return wrong / ((places.length * (places.length - 1)) / 2);
}
