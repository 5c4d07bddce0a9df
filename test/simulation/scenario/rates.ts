import type { Rates } from '../../../lib/local/faults/dice.ts';

/** How likely each fault is, each time that it is possible. */
export const RATES: Rates = {
  ...{ 'kill-before': 0.004, 'kill-after': 0.004 },
  ...{ 'skew-back': 0.1, 'skew-forward': 0.1, 'clock-back': 0.0005, 'clock-forward': 0.0005 },
  ...{ 'dynamodb-throttle': 0.02, 'dynamodb-lost-before': 0.01 },
  ...{ 'dynamodb-lost-after': 0.02, 'dynamodb-slow': 0.005 },
  ...{ 'sqs-late': 0.03, 'sqs-duplicate': 0.05, 'sqs-lost': 0.05, 'sqs-undeleted': 0.03 },
  'sqs-early': 0.02,
  ...{ 'sqs-partial': 0.05, 'sqs-throttled': 0.03, 'sqs-lost-before': 0.02 },
  ...{ 'sqs-lost-after': 0.03, 'sqs-slow': 0.01 },
  ...{ 'sqs-down': 0.03, 'sqs-purge': 0.03, 'sqs-redrive': 0.05, 'sqs-foreign': 0.05 },
  ...{ 'lambda-throttled': 0.03, 'lambda-cold': 0.1, 'poller-died': 0.02, unacknowledged: 0.03 },
  ...{ 'batch-twice': 0.03, 'lambda-off': 0.005, 'api-unheard': 0.02 },
  ...{ 'schedule-twice': 0.01, 'schedule-late': 0.01, 'schedule-silent': 0.002 },
  ...{ 'receiver-deaf': 0.03, 'receiver-reset': 0.02, 'receiver-down': 0.02 },
  ...{ 'receiver-hanging': 0.01, 'receiver-failing': 0.05 },
  ...{ 'secrets-down': 0.05, 'secrets-out': 0.02, 'dynamodb-down': 0.02, 'kms-down': 0.02 },
  'kms-throttle': 0.05,
};
