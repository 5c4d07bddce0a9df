import { join } from 'node:path';
import { KMSClient } from '@aws-sdk/client-kms';
import { describe, onTestFinished } from 'vitest';
import { serveKms } from '../../lib/local/kms.ts';
import { fakeRandom } from '../fakes/world.ts';
import { tempDir } from '../local/fixtures/temp-dir.ts';
import { type KmsAsked, modelKms } from '../simulation/product/kms.ts';
import { type KmsWorld, kmsContract } from './kms.contract.ts';
import { kmsSigningContract } from './kms-signing.contract.ts';

const KINDS = { data: 'data', other: 'data', signing: 'signing' } as const;
const arnOf = (name: string) => `arn:aws:kms:us-east-1:000000000000:key/${name}`;
const keys = { data: arnOf('data'), other: arnOf('other'), signing: arnOf('signing') };

/** The stand-in of the local run, with the SDK and HTTP between. */
async function standIn(): Promise<KmsWorld> {
  const specs = Object.entries(KINDS).map(([name, kind]) => ({ arn: arnOf(name), kind }));
  const server = await serveKms(join(await tempDir(), 'keys.json'), specs);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new KMSClient({ endpoint: server.url, region: 'us-east-1', credentials });
  onTestFinished(async () => {
    client.destroy();
    await server.stop();
  });
  return { client, keys };
}

/** The model of the simulation, with nothing between. */
async function model(): Promise<KmsWorld> {
  const request = modelKms({ keys: KINDS, madeAtMs: 0 });
  const random = fakeRandom('kms');
  const send = async (command: { readonly input: KmsAsked }) => {
    const name = command.constructor.name.replace('Command', '');
    return request(name, command.input, (count) => random.bytes(count));
  };
  return { client: { send } as unknown as KMSClient, keys };
}

describe('the stand-in of KMS keeps its contract', () => kmsContract(standIn));
describe('the model of KMS keeps its contract', () => kmsContract(model));
describe('the stand-in of KMS, of keys that sign', () => kmsSigningContract(standIn));
describe('the model of KMS, of keys that sign', () => kmsSigningContract(model));
