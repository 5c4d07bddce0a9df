import type { IntegrationId, JobId } from './ids.ts';

/** What the background worker is asked to do next. Each may be lost or come twice. */
export type WorkTask =
  /** One step of a drain. */
  | {
      readonly kind: 'drain';
      readonly tenant: string;
      readonly integrationId: IntegrationId;
      readonly step: number;
    }
  /** An open breaker's time is over: something to probe with, if it is still at this version. */
  | {
      readonly kind: 'probe';
      readonly tenant: string;
      readonly integrationId: IntegrationId;
      readonly target: number;
      readonly version: number;
    }
  /** The next pages of a job. */
  | { readonly kind: 'job'; readonly jobId: JobId };

/** The longest that a message can wait in SQS before it is heard. */
export const QUEUE_DELAY_MAX_SECONDS = 900;
