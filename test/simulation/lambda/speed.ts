/**
 * Says how many messages a queue and a function of the simulation handle in a second of one
 * processor: `node test/simulation/lambda/speed.ts`. No test depends on it.
 */
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { randomFaults } from '../kernel/faults.ts';
import { eventSource } from './event-source.ts';
import { type Batch, onStage } from './stage.ts';

const MESSAGES = 20_000;
const STEPS_EACH = 4;

async function measure(name: string, rates: Record<string, number>): Promise<void> {
  const began = process.cpuUsage();
  let handled = 0;
  const { steps } = await onStage({ faults: randomFaults(1, rates) }, (stage) => {
    const { simulation, sqs, queue, fn } = stage;
    const consumer = fn((instance) => async ({ Records }: Batch) => {
      await Promise.all(
        Records.map(async () => {
          for (let n = 0; n < STEPS_EACH; n++) await instance.step('work', () => n);
          handled += 1;
        }),
      );
    });
    const plain = { batchSize: 10, windowMs: 0, reportsFailures: true };
    eventSource(simulation, sqs, { ...plain, queue, fn: consumer });
    const sender = simulation.spawn('sender');
    const client = sqs.clientOf(sender);
    const command = new SendMessageCommand({ QueueUrl: sqs.urlOf(queue), MessageBody: 'x' });
    sender.start(
      async () => {
        for (let n = 0; n < MESSAGES; n++) await client.send(command);
      },
      () => {},
    );
  });
  const seconds = process.cpuUsage(began).user / 1e6;
  const rate = (count: number) => Math.round(count / seconds);
  process.stdout.write(`${name}: ${rate(handled)} messages/s, ${rate(steps)} events/s\n`);
}

for (let round = 0; round < 2; round++) {
  await measure('no faults', {});
  await measure('rare faults', { 'kill-after': 1e-4, 'sqs-duplicate': 1e-3, 'sqs-late': 1e-3 });
}
