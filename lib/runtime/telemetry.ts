import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { MiddlewareObj } from '@middy/core';
import type { Telemetry } from '../app/ports.ts';
import { METRIC_NAMESPACE, METRIC_SERVICE } from '../names.ts';
import { stripEscapingErrors, stripped } from './escaping-errors.ts';
import { plainFields } from './log-fields.ts';

/** Telemetry of a Lambda function, with the middlewares that scope it to one invocation. */
export interface LambdaTelemetry extends Telemetry {
  /** Put first into a stack: figures are flushed when everything after them is done. */
  readonly middlewares: readonly MiddlewareObj[];
  /** Put on every line until the invocation ends. */
  scope(fields: { readonly requestId: string }): void;
}

/** For a function without those middlewares. */
export interface FlushedTelemetry extends LambdaTelemetry {
  /** Writes the figures that were counted since the last time. */
  flush(): void;
}

/**
 * Powertools' logger and EMF metrics. Figures carry the dimensions `service` and `stage`. The
 * invocation's event is never logged, and fields only by the list in `log-fields.ts`.
 */
export function powertoolsTelemetry(names: {
  readonly service: string;
  readonly stage: string;
}): FlushedTelemetry {
  stripEscapingErrors();
  const logger = new Logger({
    serviceName: names.service,
    persistentKeys: { stage: names.stage },
  });
  const metrics = new Metrics({
    namespace: METRIC_NAMESPACE,
    // One for all functions: each combination of dimensions is a metric that costs money.
    serviceName: METRIC_SERVICE,
    defaultDimensions: { stage: names.stage },
  });
  // Powertools' own `logMetrics` warns about each invocation that had nothing to count.
  const flush = () => {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  };
  return {
    info: (message, fields) => logger.info(message, plainFields(fields)),
    warn: (message, fields) => logger.warn(message, plainFields(fields)),
    error: (message, fields) => logger.error(message, plainFields(fields)),
    count(metric, value = 1, reason) {
      metrics.addMetric(metric, MetricUnit.Count, value);
      if (reason === undefined) return;
      const single = metrics.singleMetric();
      single.addDimension('reason', reason);
      single.addMetric(metric, MetricUnit.Count, value);
    },
    millis(metric, value) {
      metrics.addMetric(metric, MetricUnit.Milliseconds, value);
    },
    scope: (fields) => logger.appendKeys({ ...fields }),
    flush,
    middlewares: [
      injectLambdaContext(logger, { resetKeys: true, logEvent: false }) as MiddlewareObj,
      {
        after: flush,
        onError(request) {
          // Lambda prints what a handler throws.
          stripped(request.error);
          flush();
        },
      },
    ],
  };
}
