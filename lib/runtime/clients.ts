import { channel } from 'node:diagnostics_channel';

/**
 * Every client of AWS that a function makes is announced here as `{ client }`, once, before its
 * first request: the local run listens to inject faults. It takes code inside of the process to
 * listen, and no variable of the environment makes any.
 */
export const CLIENTS = 'breakwater.aws-clients';

const clients = /* @__PURE__ */ channel(CLIENTS);

/** The same, of clients that send to queues and buses of others: their trouble is a delivery's. */
export const TARGET_CLIENTS = 'breakwater.aws-target-clients';

const targetClients = /* @__PURE__ */ channel(TARGET_CLIENTS);

export function announcedTarget<C extends object>(client: C): C {
  targetClients.publish({ client });
  return client;
}

export function announced<C extends object>(client: C): C {
  clients.publish({ client });
  return client;
}
