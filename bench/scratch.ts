import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A place for files, and the list of what is to be stopped when the bench ends, however. */
export interface Scratch {
  folder(name: string): Promise<string>;
  /** Called once at the end, the last one first; may have been stopped before. */
  onEnd(stop: () => Promise<void>): void;
  end(): Promise<void>;
}

export async function makeScratch(): Promise<Scratch> {
  const root = await mkdtemp(join(tmpdir(), 'breakwater-bench-'));
  const stops: (() => Promise<void>)[] = [];
  let made = 0;
  return {
    async folder(name) {
      const folder = join(root, `${name}-${++made}`);
      await mkdir(folder);
      return folder;
    },
    onEnd: (stop) => void stops.push(stop),
    async end() {
      const failures: unknown[] = [];
      for (const stop of stops.splice(0).reverse()) {
        await stop().catch((error: unknown) => failures.push(error));
      }
      await rm(root, { recursive: true, force: true });
      if (failures.length > 0) throw new AggregateError(failures, 'Not everything was stopped.');
    },
  };
}
