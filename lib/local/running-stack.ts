import { setTimeout as sleep } from 'node:timers/promises';
import { createCustomResource } from './custom-resources.ts';
import { batchesMax, startEventSource } from './event-source.ts';
import type { HttpApi } from './http-api.ts';
import { type LambdaFunction, type LambdaHost, lambdaFunction } from './lambda.ts';
import type { FunctionSpec } from './lambda-environment.ts';
import { schedulesOf } from './schedules.ts';
import type { SqsService } from './sqs-service.ts';
import type { Stack } from './stack.ts';
import type { Place } from './template.ts';

/** Environments of a function that HTTP routes lead to; more than a few only while they wait. */
const CALLERS_MAX = 32;

export interface StackDeps {
  readonly stack: Stack;
  readonly place: Place;
  readonly api: HttpApi;
  readonly service: SqsService;
  readonly host: LambdaHost;
  readonly pollersMax: number;
  onError(where: string, error: unknown): void;
}

/** The functions of the stack with all that calls them. */
export interface RunningStack {
  /** Invocations, errors and cold starts, by function. */
  counts(): Readonly<Record<string, ReturnType<LambdaFunction['counts']>>>;
  /** Creates the custom resources, then opens the API, the queues and the schedules. */
  open(options: { readonly schedules: 'run' | 'manual' }): Promise<void>;
  tick(): Promise<void>;
  /** Takes nothing new, and waits up to `ms` for what runs. */
  drain(ms: number): Promise<void>;
  /** Ends every execution environment, whatever it does. */
  stop(): Promise<void>;
}

export function runningStack(deps: StackDeps): RunningStack {
  const { stack, place, api, service, host, onError } = deps;
  /** Every batch in hand needs a place: else a lane that hangs would take another lane's. */
  const placesOf = ({ name, arn }: FunctionSpec) =>
    stack.mappings
      .filter(({ functionId }) => functionId === name || functionId === arn)
      .reduce((sum, mapping) => sum + batchesMax(mapping, deps.pollersMax), 0);
  /** Callers of a function that waits for others must not wait for each other. */
  const callersOf = ({ name, arn }: FunctionSpec) =>
    stack.api?.routes.some(({ functionId }) => functionId === name || functionId === arn)
      ? CALLERS_MAX
      : 0;
  const functions = stack.functions.map((spec) => {
    const concurrencyMax = Math.max(host.concurrencyMax, placesOf(spec), callersOf(spec));
    return lambdaFunction(spec, { ...host, concurrencyMax });
  });
  const byId = new Map(functions.flatMap((fn) => [[fn.spec.name, fn] as const, [fn.spec.arn, fn]]));
  const functionOf = (id: string): LambdaFunction => {
    const found = byId.get(id);
    if (found === undefined) throw new Error(`The stack has no function ${id}`);
    return found;
  };
  const schedules = schedulesOf(stack.schedules, functionOf, place, (error) =>
    onError('schedule', error),
  );
  const sources: { stop(): Promise<void> }[] = [];

  function openSources() {
    for (const mapping of stack.mappings) {
      const queue = service.byArn(mapping.queueArn);
      if (queue === undefined) throw new Error(`The stack has no queue ${mapping.queueArn}`);
      const fn = functionOf(mapping.functionId);
      const { region } = place;
      const report = (error: unknown) => onError(queue.name, error);
      sources.push(
        startEventSource({
          mapping,
          service,
          queue,
          fn,
          region,
          pollersMax: deps.pollersMax,
          onError: report,
        }),
      );
    }
  }

  return {
    counts: () => Object.fromEntries(functions.map((fn) => [fn.spec.name, fn.counts()])),
    async open(options) {
      for (const spec of stack.customResources) {
        await createCustomResource(spec, functionOf(spec.functionId), place);
      }
      openSources();
      if (stack.api !== undefined) {
        const { id: apiId, routes } = stack.api;
        const { account: accountId, region } = place;
        const domainName = new URL(api.url).host;
        api.serve({ place: { apiId, accountId, region, domainName }, routes, functionOf });
      }
      if (options.schedules === 'run') schedules.start();
    },
    tick: () => schedules.tick(),
    async drain(ms) {
      schedules.stop();
      const done = [api.drain(), ...sources.map((source) => source.stop())];
      const idle = Promise.all(done).then(() => Promise.all(functions.map((fn) => fn.idle())));
      await Promise.race([idle, sleep(ms, undefined, { ref: false })]);
    },
    async stop() {
      await Promise.all(functions.map((fn) => fn.stop()));
    },
  };
}
