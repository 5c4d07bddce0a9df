/** A receiver in a process of its own, so that its work does not slow the one who measures. */
import { answerCalls } from '../children.ts';
import { type Receiver, startReceiver } from '../receiver.ts';

let receiver: Receiver | undefined;

answerCalls({
  async start(options: { readonly answerAfterMs: number }) {
    receiver = await startReceiver(options);
    return receiver.url;
  },
  arrivals: () => receiver?.arrivals() ?? [],
  count: () => receiver?.arrivals().length ?? 0,
  forget: () => receiver?.forget(),
});
