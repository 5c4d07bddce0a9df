import { Agent } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Idle time after which a connection is not used again. Under the five seconds that the shortest
 * common servers keep theirs: a request written to a connection that the other side is closing
 * is lost without a sign whether it was processed.
 */
export const IDLE_MS_MAX = 4_000;
const IDLE_MAX = 64;
const IDLE_PER_KEY_MAX = 16;

/** One open connection as Node's HTTP client wants it: an agent that knows only this socket. */
export interface Connection {
  readonly agent: Agent;
  readonly socket: Socket;
}

export interface Connections {
  /** An idle connection of this key that is still good; it is then the caller's. */
  take(key: string | undefined): Promise<Connection | undefined>;
  /** Makes a connection of the socket; with a key it comes back by itself after a whole answer. */
  adopt(key: string | undefined, socket: Socket): Connection;
}

interface Idle {
  readonly key: string;
  readonly connection: Connection;
  readonly sinceMs: number;
}

/** Keeps connections open between requests, few and briefly; `nowMs` must run during a freeze. */
export function connections(nowMs: () => number): Connections {
  let idle: readonly Idle[] = [];

  const forget = (socket: Socket) => {
    idle = idle.filter(({ connection }) => connection.socket !== socket);
  };
  const keep = (key: string, connection: Connection) => {
    idle = [...idle, { key, connection, sinceMs: nowMs() }];
    const alike = idle.filter((other) => other.key === key);
    const crowd = alike.length > IDLE_PER_KEY_MAX ? alike : idle;
    const [oldest] = crowd === alike || idle.length > IDLE_MAX ? crowd : [];
    if (oldest === undefined) return;
    forget(oldest.connection.socket);
    oldest.connection.socket.destroy();
  };

  return {
    async take(key) {
      if (key === undefined) return undefined;
      for (let tries = 0; tries < IDLE_PER_KEY_MAX; tries++) {
        const found = idle.findLast((one) => one.key === key);
        if (found === undefined) return undefined;
        forget(found.connection.socket);
        await turn();
        if (isFresh(found, nowMs())) {
          found.connection.socket.setTimeout(0);
          return found.connection;
        }
        found.connection.socket.destroy();
      }
      return undefined;
    },

    adopt(key, socket) {
      const connection: Connection = {
        socket,
        agent: new SingleSocketAgent(socket, () => {
          if (key === undefined) return false;
          keep(key, connection);
          return true;
        }),
      };
      socket.once('close', () => forget(socket));
      return connection;
    },
  };
}

/** Node closes an idle connection on which anything comes in; that shows here as well. */
function isFresh({ connection: { socket }, sinceMs }: Idle, nowMs: number): boolean {
  if (socket.destroyed || !socket.writable) return false;
  return nowMs - sinceMs < IDLE_MS_MAX && nowMs >= sinceMs;
}

/**
 * Lets the event loop poll its sockets once. After a Lambda was frozen, the other side's FIN is
 * waiting there unread; the second immediate is the first that is sure to come after a poll.
 */
async function turn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
}

/** An agent made here takes no proxy from the environment, and it opens nothing by itself. */
class SingleSocketAgent extends Agent {
  readonly #socket: Socket;
  readonly #onIdle: () => boolean;

  constructor(socket: Socket, onIdle: () => boolean) {
    super({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });
    this.#socket = socket;
    this.#onIdle = onIdle;
  }

  override createConnection(): Socket {
    return this.#socket;
  }

  override keepSocketAlive(): boolean {
    if (!this.#onIdle()) return false;
    // Not the timer alone decides: it does not run while a Lambda is frozen.
    this.#socket.setTimeout(IDLE_MS_MAX);
    this.#socket.unref();
    return true;
  }
}
