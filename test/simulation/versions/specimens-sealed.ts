import { createHash } from 'node:crypto';
import type { GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { dynamoIntegrations } from '../../../lib/adapters/dynamodb/integrations.ts';
import { dynamoSources } from '../../../lib/adapters/dynamodb/sources.ts';
import { kmsVault } from '../../../lib/adapters/kms/vault.ts';
import { newSecret } from '../../../lib/domain/secrets.ts';
import { integration, source, T0 } from '../../contracts/fixtures.ts';
import { seededRandom } from '../dynamodb/seeded.ts';
import { TABLE_NAMES } from '../product/settings.ts';
import type { Specimen } from './specimens.ts';

/** A KMS whose data keys are always the same, so that a fixture can hold what is sealed under them. */
const KMS = {
  async send({ input }: GenerateDataKeyCommand) {
    const context = JSON.stringify(input.EncryptionContext);
    return {
      Plaintext: new Uint8Array(createHash('sha256').update(context).digest()),
      CiphertextBlob: new Uint8Array(Buffer.from(`a data key for ${context}`)),
    };
  },
} as unknown as KMSClient;

const clock = { nowMs: () => T0 + 60_000 };
const vaultOf = (seed: number) => kmsVault(KMS, 'a-key', { clock, random: seededRandom(seed) });

/** Opens what a sealed specimen has stored, whichever version sealed it. */
export const SPECIMEN_OPENER = { open: vaultOf(1).open };

/** With a secret of every kind. */
const SEALED = integration(1, {
  endpoint: 'https://erp.example.com/hooks?token=of-the-endpoint',
  request: {
    ...{ method: 'POST', contentType: 'application/json', timeoutSeconds: 15 },
    headers: { 'X-Env': 'prod', 'X-Api-Key': 'key-of-the-endpoint' },
  },
  auth: { type: 'basic', username: 'bw', password: 'password-of-the-endpoint' },
  signing: {
    scheme: 'standard-webhooks-ed25519',
    secrets: [{ secret: newSecret('standard-webhooks-ed25519', Buffer.alloc(32, 7)) }],
  },
  healthCheck: {
    ...{ method: 'GET', url: 'https://erp.example.com/up?key=of-the-check' },
    ...{ intervalSeconds: 60, timeoutSeconds: 5, expectStatus: ['2xx'] },
  },
  fallback: [
    {
      ...{ type: 'url', on: ['exhausted'], url: 'https://dr.example.com/hooks?k=of-the-link' },
      headers: { 'X-Auth-Token': 'token-of-the-link' },
      auth: {
        ...{ type: 'oauth2ClientCredentials', tokenUrl: 'https://id.example.com/token?k=of-it' },
        ...{ clientId: 'client', clientSecret: 'secret-of-the-link' },
        clientAuthentication: 'basic',
      },
      signing: { scheme: 'github', secrets: [{ secret: 'signing-of-the-link' }] },
    },
  ],
});

/** As the function seals that changes the registry; others only open. */
export const SEALED_SPECIMEN: Specimen = {
  async write(_, db) {
    const sealing = { clock, random: seededRandom(2), vault: vaultOf(3) };
    await dynamoIntegrations(db, TABLE_NAMES, sealing).create(SEALED);
    await dynamoSources(db, TABLE_NAMES, sealing).create(source(1));
  },
  async read({ integrations, sources }) {
    const found = await integrations.byId(SEALED.id);
    const from = await sources.byId(source(1).id);
    return {
      integration: found,
      opened: found && (await integrations.open(found)),
      source: from,
      openedSource: from && (await sources.open(from)),
    };
  },
};
