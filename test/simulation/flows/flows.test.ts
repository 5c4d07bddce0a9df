import { describe, expect, it } from 'vitest';
import { story } from '../kernel/simulate.ts';
import { flows } from './all.ts';

describe('the product keeps its word', () => {
  it.each(flows)('$name', async ({ run }) => {
    const report = await run();
    expect(report.failure, story(report)).toBeUndefined();
  });
});
