import {
  CancelKeyDeletionCommand,
  DecryptCommand,
  type DecryptCommandInput,
  DisableKeyCommand,
  EnableKeyCommand,
  GenerateDataKeyCommand,
  type GenerateDataKeyCommandInput,
  type KMSClient,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { KmsUnavailable, kmsVault } from '../../lib/adapters/kms/vault.ts';
import { fakeClock, fakeRandom } from '../fakes/world.ts';

/** A KMS with two keys for data and one that signs, as the SDK's client asks it. */
export interface KmsWorld {
  readonly client: Pick<KMSClient, 'send'>;
  /** ARNs. */
  readonly keys: { readonly data: string; readonly other: string; readonly signing: string };
}

export type MakeKms = () => Promise<KmsWorld>;

const CONTEXT = { tenant: 'default', kind: 'integration', resource: 'int_1' };
const UNKNOWN = 'arn:aws:kms:us-east-1:000000000000:key/nobodys';

async function madeBy(make: MakeKms) {
  const world = await make();
  const { client, keys } = world;
  const generate = (more: Partial<GenerateDataKeyCommandInput> = {}) =>
    client.send(
      new GenerateDataKeyCommand({
        ...{ KeyId: keys.data, KeySpec: 'AES_256', EncryptionContext: CONTEXT },
        ...more,
      }),
    );
  const decrypt = (CiphertextBlob: Uint8Array, more: Partial<DecryptCommandInput> = {}) =>
    client.send(
      new DecryptCommand({ CiphertextBlob, EncryptionContext: CONTEXT, KeyId: keys.data, ...more }),
    );
  const dataKey = async (more: Partial<GenerateDataKeyCommandInput> = {}) => {
    const { CiphertextBlob = new Uint8Array(), Plaintext = new Uint8Array() } =
      await generate(more);
    return { blob: Uint8Array.from(CiphertextBlob), plain: Uint8Array.from(Plaintext) };
  };
  return { ...world, generate, decrypt, dataKey };
}

const named = (name: string) => expect.objectContaining({ name });

/** What the product relies on of KMS, as AWS documents it. */
export function kmsContract(make: MakeKms): void {
  describe('a data key', () => {
    it('has 32 bytes, is another each time, and is opened by its ciphertext', async () => {
      const { dataKey, decrypt, keys } = await madeBy(make);
      const [one, two] = [await dataKey(), await dataKey()];
      expect(one.plain).toHaveLength(32);
      expect(two.plain).not.toEqual(one.plain);
      expect(Buffer.from(one.blob).includes(Buffer.from(one.plain))).toBe(false);
      const { Plaintext, KeyId, EncryptionAlgorithm } = await decrypt(one.blob);
      expect(Uint8Array.from(Plaintext ?? [])).toEqual(one.plain);
      expect([KeyId, EncryptionAlgorithm]).toEqual([keys.data, 'SYMMETRIC_DEFAULT']);
    });

    it('is of the key that is named by ARN or by id, and says so by ARN', async () => {
      const { generate, decrypt, dataKey, keys } = await madeBy(make);
      const id = keys.data.split('/').at(-1) ?? '';
      expect((await generate({ KeyId: id })).KeyId).toBe(keys.data);
      const { blob, plain } = await dataKey({ KeyId: id });
      const { Plaintext } = await decrypt(blob, { KeyId: undefined });
      expect(Uint8Array.from(Plaintext ?? [])).toEqual(plain);
    });

    it.each<[string, Record<string, string> | undefined]>([
      ['less', { tenant: 'default', kind: 'integration' }],
      ['more', { ...CONTEXT, more: '' }],
      ['another value', { ...CONTEXT, resource: 'int_2' }],
      ['another case', { ...CONTEXT, tenant: 'Default' }],
      ['another name', { tenant: 'default', kind: 'integration', Resource: 'int_1' }],
      ['none', undefined],
    ])('is not opened in a context that has %s', async (_, EncryptionContext) => {
      const { dataKey, decrypt } = await madeBy(make);
      const { blob } = await dataKey();
      await expect(decrypt(blob, { EncryptionContext })).rejects.toEqual(
        named('InvalidCiphertextException'),
      );
    });

    it('is opened whatever the order of its context, and none is an empty one', async () => {
      const { dataKey, decrypt } = await madeBy(make);
      const { blob, plain } = await dataKey();
      const EncryptionContext = Object.fromEntries(Object.entries(CONTEXT).reverse());
      const { Plaintext } = await decrypt(blob, { EncryptionContext });
      expect(Uint8Array.from(Plaintext ?? [])).toEqual(plain);
      const bare = await dataKey({ EncryptionContext: undefined });
      const opened = await decrypt(bare.blob, { EncryptionContext: {} });
      expect(Uint8Array.from(opened.Plaintext ?? [])).toEqual(bare.plain);
    });

    it('is not opened by a ciphertext that was changed anywhere, cut or made longer', async () => {
      const { dataKey, decrypt } = await madeBy(make);
      const { blob } = await dataKey();
      const bent = Array.from({ length: blob.length }, (_, at) => {
        const copy = Uint8Array.from(blob);
        copy[at] = (copy[at] ?? 0) ^ 1;
        return copy;
      });
      const others = [...bent, blob.subarray(0, -1), Buffer.concat([blob, Buffer.of(0)])];
      const answers = await Promise.allSettled(
        others.map((one) => decrypt(one, { KeyId: undefined })),
      );
      const names = answers.map((one) => (one.status === 'rejected' ? one.reason.name : 'opened'));
      expect(new Set(names)).toEqual(new Set(['InvalidCiphertextException']));
    });

    it('is not opened by a ciphertext of nobody, whoever is asked', async () => {
      const { decrypt } = await madeBy(make);
      const foreign = Buffer.from('nothing that any key has made, but long enough for one');
      for (const more of [{}, { KeyId: undefined }]) {
        await expect(decrypt(foreign, more)).rejects.toEqual(named('InvalidCiphertextException'));
      }
    });

    it('is opened by its own key alone', async () => {
      const { dataKey, decrypt, keys } = await madeBy(make);
      const { blob } = await dataKey();
      await expect(decrypt(blob, { KeyId: keys.other })).rejects.toEqual(
        named('IncorrectKeyException'),
      );
      const other = await dataKey({ KeyId: keys.other });
      await expect(decrypt(other.blob)).rejects.toEqual(named('IncorrectKeyException'));
      expect((await decrypt(other.blob, { KeyId: undefined })).KeyId).toBe(keys.other);
    });
  });

  describe('a request', () => {
    it('for a key that there is not, or that signs, is refused', async () => {
      const { generate, dataKey, decrypt, keys } = await madeBy(make);
      const { blob } = await dataKey();
      for (const KeyId of [UNKNOWN, 'nobodys']) {
        await expect(generate({ KeyId })).rejects.toEqual(named('NotFoundException'));
        await expect(decrypt(blob, { KeyId })).rejects.toEqual(named('NotFoundException'));
      }
      const KeyId = keys.signing;
      await expect(generate({ KeyId })).rejects.toEqual(named('InvalidKeyUsageException'));
      await expect(decrypt(blob, { KeyId })).rejects.toEqual(named('InvalidKeyUsageException'));
    });

    it('is held to the sizes that there are', async () => {
      const { generate, decrypt, dataKey } = await madeBy(make);
      const invalid = named('ValidationException');
      await expect(generate({ KeySpec: undefined })).rejects.toEqual(invalid);
      await expect(decrypt(new Uint8Array())).rejects.toEqual(invalid);
      await expect(decrypt(new Uint8Array(6_145))).rejects.toEqual(invalid);
      const most = { tenant: 'x'.repeat(8_000) };
      const { blob } = await dataKey({ EncryptionContext: most });
      await decrypt(blob, { EncryptionContext: most });
      const more = { tenant: 'x'.repeat(8_193) };
      await expect(generate({ EncryptionContext: more })).rejects.toEqual(invalid);
    });
  });

  describe('a key', () => {
    it('that is disabled does nothing until it is enabled', async () => {
      const { client, keys, generate, dataKey, decrypt } = await madeBy(make);
      const { blob, plain } = await dataKey();
      await client.send(new DisableKeyCommand({ KeyId: keys.data }));
      await expect(generate()).rejects.toEqual(named('DisabledException'));
      await expect(decrypt(blob)).rejects.toEqual(named('DisabledException'));
      await expect(decrypt(blob, { KeyId: undefined })).rejects.toEqual(named('DisabledException'));
      await generate({ KeyId: keys.other });
      await client.send(new EnableKeyCommand({ KeyId: keys.data }));
      expect(Uint8Array.from((await decrypt(blob)).Plaintext ?? [])).toEqual(plain);
    });

    it('that is to be deleted is in no state for it, and disabled when it is not', async () => {
      const { client, keys, generate, dataKey, decrypt } = await madeBy(make);
      const { blob } = await dataKey();
      const KeyId = keys.data;
      const stateError = named('KMSInvalidStateException');
      await client.send(new ScheduleKeyDeletionCommand({ KeyId }));
      await expect(generate()).rejects.toEqual(stateError);
      await expect(decrypt(blob)).rejects.toEqual(stateError);
      await expect(client.send(new EnableKeyCommand({ KeyId }))).rejects.toEqual(stateError);
      await client.send(new CancelKeyDeletionCommand({ KeyId }));
      await expect(decrypt(blob)).rejects.toEqual(named('DisabledException'));
      await client.send(new EnableKeyCommand({ KeyId }));
      await decrypt(blob);
    });
  });

  describe('the vault over it', () => {
    const owner = { tenant: 'default', kind: 'integration', id: 'int_1' } as const;
    const vaultOf = ({ client, keys }: KmsWorld) =>
      kmsVault(client as KMSClient, keys.data, { clock: fakeClock(), random: fakeRandom('n') });

    it('opens for whom it sealed, and tells an outage from what is not theirs', async () => {
      const world = await make();
      const sealed = await vaultOf(world).seal(owner, { 'auth.token': 'a token' });
      expect(await vaultOf(world).open(owner, sealed)).toEqual({ 'auth.token': 'a token' });
      const strangers = vaultOf(world).open({ ...owner, tenant: 'other' }, sealed);
      await expect(strangers).rejects.toEqual(named('InvalidCiphertextException'));
      await world.client.send(new DisableKeyCommand({ KeyId: world.keys.data }));
      const away = vaultOf(world);
      await expect(away.open(owner, sealed)).rejects.toBeInstanceOf(KmsUnavailable);
      await expect(away.seal(owner, {})).rejects.toBeInstanceOf(KmsUnavailable);
    });
  });
}
