import { systemClock, systemRandom } from '../../../lib/adapters/system.ts';
import { serveAwsJson } from '../../../lib/local/aws-json.ts';
import { type Standin, sqsConformance } from '../../local/sqs.conformance.ts';
import { modelSqs, PLACE } from './model.ts';
import { NO_WEAKNESSES } from './weaknesses.ts';

// The suite of the local run's SQS, over real time and the real SDK.
sqsConformance('the queue model of the simulation', async (): Promise<Standin> => {
  const model = modelSqs({
    clock: systemClock,
    random: systemRandom,
    weaknesses: NO_WEAKNESSES,
    urlOf: ({ name }) => `${server.url}/${PLACE.account}/${name}`,
  });
  const server = await serveAwsJson({
    target: 'AmazonSQS',
    version: '1.0',
    errorPrefix: 'com.amazonaws.sqs#',
    operation: (name) => (input, signal) => model.request(name, input, signal),
  });
  return server;
});
