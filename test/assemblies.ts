import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Names the folder where synthesized apps go, for as long as the run lasts. */
export const ASSEMBLIES_ENV = 'BREAKWATER_TEST_ASSEMBLIES';

/** Files share modules, and what one has synthesized another may read: so nobody cleans up before the end. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-cdk-'));
  process.env[ASSEMBLIES_ENV] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
