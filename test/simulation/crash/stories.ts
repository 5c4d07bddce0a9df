import type { CrashStory } from './crash-story.ts';
import { acceptStories } from './stories-accept.ts';
import { againStories } from './stories-again.ts';
import { auditStories } from './stories-audit.ts';
import { callStories } from './stories-call.ts';
import { chainStories, deliverStories } from './stories-deliver.ts';
import { fifoStories } from './stories-fifo.ts';
import { outageStories } from './stories-outage.ts';
import { registryStories } from './stories-registry.ts';
import { tickStories } from './stories-tick.ts';

/** Every flow, each with whoever takes part in it. */
export const crashStories: readonly CrashStory[] = [
  ...acceptStories,
  ...deliverStories,
  ...chainStories,
  ...fifoStories,
  ...tickStories,
  ...outageStories,
  ...againStories,
  ...registryStories,
  ...callStories,
  ...auditStories,
];
