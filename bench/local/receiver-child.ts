/** A receiver in a process of its own, so that its work does not slow the one who measures. */
import { answerCalls } from '../children.ts';
import { type Manner, type Receiver, startReceiver } from '../receiver.ts';

let receiver: Receiver | undefined;

answerCalls({
  async start(options: { readonly answerAfterMs: number }) {
    receiver = await startReceiver(options);
    return receiver.url;
  },
  arrivals: () => receiver?.arrivals() ?? [],
  count: () => receiver?.arrivals().length ?? 0,
  counts: () => receiver?.counts() ?? {},
  times: (path: string) => receiver?.times(path) ?? [],
  behave: ({ path, manner }: { readonly path: string; readonly manner: Manner }) =>
    receiver?.behave(path, manner),
  forget: () => receiver?.forget(),
});
