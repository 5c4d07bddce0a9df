import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

export function secretsClient(): SecretsManagerClient {
  return new SecretsManagerClient({
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: 3_000,
      throwOnRequestTimeout: true,
    },
  });
}

/**
 * A secret read once per process and kept; a failed read is not kept. The deployment generates
 * the pepper, so a missing one is an outage, never a reason to go on without.
 */
export function keptSecret(client: SecretsManagerClient, secretId: string): () => Promise<string> {
  let value: Promise<string> | undefined;
  return () => {
    value ??= readSecret(client, secretId).then((text) => {
      if (text === undefined) throw new Error('The secret has no value yet.');
      return text;
    });
    value.catch(() => {
      value = undefined;
    });
    return value;
  };
}

/** Where the deployment's first admin key is kept for its owner. */
export function adminKeyVault(client: SecretsManagerClient, secretId: string) {
  return {
    read: () => readSecret(client, secretId),
    async write(key: string): Promise<void> {
      await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: key }));
    },
  };
}

async function readSecret(
  client: SecretsManagerClient,
  secretId: string,
): Promise<string | undefined> {
  try {
    const answer = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
    return answer.SecretString;
  } catch (error) {
    // A secret that was made without a value answers like one that does not exist.
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
