import { join } from 'node:path';
import { KMSClient } from '@aws-sdk/client-kms';
import { onTestFinished } from 'vitest';
import { kmsVault } from '../../../lib/adapters/kms/vault.ts';
import { serveKms } from '../../../lib/local/kms.ts';
import { fakeClock, fakeRandom } from '../../fakes/world.ts';
import { tempDir } from '../../local/fixtures/temp-dir.ts';

export const KEY_ARN = 'arn:aws:kms:us-east-1:000000000000:key/test';

/** A vault over the stand-in of KMS, with the SDK between; counts what is asked, and can fail. */
export async function kmsWorld() {
  const file = join(await tempDir(), 'keys.json');
  const server = await serveKms(file, [{ arn: KEY_ARN, kind: 'data' }]);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new KMSClient({ endpoint: server.url, region: 'us-east-1', credentials });
  onTestFinished(async () => {
    client.destroy();
    await server.stop();
  });
  const asked: string[] = [];
  const world = { isDown: false };
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        asked.push(String(commandName));
        if (world.isDown) throw Object.assign(new Error('no'), { name: 'DisabledException' });
        return next(args);
      },
    { step: 'initialize' },
  );
  const clock = fakeClock();
  const another = () => kmsVault(client, KEY_ARN, { clock, random: fakeRandom('nonces') });
  return { world, asked, clock, client, file, vault: another(), another };
}
