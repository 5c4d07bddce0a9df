import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** The next answer to this operation is lost after the write, once: the client then asks again. */
export function loseNextAnswer(db: DynamoDBClient, operation: string): { lost(): boolean } {
  let isLost = false;
  db.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      if (isLost || context.commandName !== `${operation}Command`) return result;
      isLost = true;
      throw Object.assign(new Error('socket hang up'), {
        name: 'TimeoutError',
        code: 'ECONNRESET',
      });
    },
    { step: 'deserialize', priority: 'high', name: `loseNextAnswer${Math.random()}` },
  );
  return { lost: () => isLost };
}

/** Every request of the client from now on, by operation. */
export function countRequests(db: DynamoDBClient): { taken(): Readonly<Record<string, number>> } {
  let counts: Record<string, number> = {};
  db.middlewareStack.add(
    (next, context) => (args) => {
      const operation = String(context.commandName).replace('Command', '');
      counts[operation] = (counts[operation] ?? 0) + 1;
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low', name: `countRequests${Math.random()}` },
  );
  return {
    taken() {
      const taken = counts;
      counts = {};
      return taken;
    },
  };
}
