/**
 * Bundled in place of `@aws-sdk/credential-provider-node` (see scripts/bundle.ts): a Lambda
 * function gets its role's credentials in these variables, always and fresh for the life of the
 * environment, so the ini, SSO, process and instance providers are dead weight (132 kB, 9 ms).
 */
interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Stands in for the SDK's default chain, under its name. */
export const defaultProvider = () => async (): Promise<Credentials> => {
  const accessKeyId = process.env.AWS_ACCESS_KEY_ID;
  const secretAccessKey = process.env.AWS_SECRET_ACCESS_KEY;
  const sessionToken = process.env.AWS_SESSION_TOKEN;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new Error('No AWS credentials in the environment');
  }
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
};
