import type { Context, SQSEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { queueHandler } from '../../lib/edge/queue.ts';
import { scheduleHandler } from '../../lib/edge/schedule.ts';
import { fakeClock, fakeTelemetry } from '../fakes/world.ts';

const contextWith = (ms: number) => ({ getRemainingTimeInMillis: () => ms }) as unknown as Context;
const context = contextWith(54_321);
const deps = () => ({
  clock: fakeClock(),
  telemetry: { ...fakeTelemetry(), middlewares: [], scope: () => {} },
});
const eventOf = (...bodies: readonly string[]) =>
  ({ Records: bodies.map((body, i) => ({ messageId: `m${i}`, body })) }) as unknown as SQSEvent;
const parse = (body: string): number => {
  if (body === 'bad') throw new SyntaxError('bad');
  return Number(body);
};

describe('the stack of queue functions', () => {
  it('hands back what cannot be read, together with what the work hands back', async () => {
    const telemetry = deps();
    const seen: unknown[] = [];
    const handler = queueHandler(telemetry, 'work', parse, async (batch, remainingMs) => {
      seen.push(...batch, remainingMs());
      return ['m2'];
    });
    expect(await handler(eventOf('1', 'bad', '3'), context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm2' }],
    });
    expect(seen).toEqual([{ messageId: 'm0', task: 1 }, { messageId: 'm2', task: 3 }, 54_321]);
  });

  it.each([-20_000, 75_000])(
    'reckons by what passes where its clock says %i ms are left',
    async (ms) => {
      const { clock, ...rest } = deps();
      const seen: number[] = [];
      const handler = queueHandler({ clock, ...rest }, 'work', parse, async (_, remainingMs) => {
        clock.advance(10_000);
        seen.push(remainingMs());
        return [];
      });
      await handler(eventOf('1'), contextWith(ms));
      expect(seen).toEqual([45_000]);
    },
  );

  it('never logs a message it cannot read', async () => {
    const { telemetry } = deps();
    const handler = queueHandler({ ...deps(), telemetry }, 'work', parse, async () => []);
    await handler(eventOf('bad'), context);
    const written = JSON.stringify((telemetry as ReturnType<typeof fakeTelemetry>).lines);
    expect(written).toContain('message.unreadable');
    expect(written).not.toContain('"bad"');
  });

  it('fails as a whole when the work does: then every message comes back', async () => {
    const handler = queueHandler(deps(), 'work', parse, async () => {
      throw new Error('broken');
    });
    await expect(handler(eventOf('1'), context)).rejects.toThrow('broken');
  });
});

describe('the stack of scheduled functions', () => {
  it('says what failed and stays failed, so that the alarm sees it', async () => {
    const { telemetry } = deps();
    const handler = scheduleHandler({ ...deps(), telemetry }, 'tick', async (remainingMs) => {
      throw new Error(`broken with ${remainingMs()} left`);
    });
    await expect(handler({}, context)).rejects.toThrow('broken with 54321 left');
    const { lines } = telemetry as ReturnType<typeof fakeTelemetry>;
    expect(lines.map(({ message }) => message)).toEqual(['schedule.failed']);
  });
});
