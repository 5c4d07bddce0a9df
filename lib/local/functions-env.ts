import { rename, writeFile } from 'node:fs/promises';

type Variables = Readonly<Record<string, string>>;

/** Where the stand-ins are, and in which region. */
export interface Reach {
  readonly region: string;
  readonly dynamodb: string;
  readonly sqs: string;
}

/**
 * Writes what all functions of the stack have in their environment, for `node --env-file`: with it
 * a process of your own does as a Lambda of the deployment would.
 */
export async function writeFunctionsEnv(
  file: string,
  environments: readonly Variables[],
  reach: Reach,
): Promise<void> {
  const variables = {
    AWS_REGION: reach.region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: reach.dynamodb,
    AWS_ENDPOINT_URL_SQS: reach.sqs,
    ...shared(environments),
  };
  const lines = Object.entries(variables).map(([name, value]) => `${name}='${value}'\n`);
  const draft = `${file}.${process.pid}.tmp`;
  await writeFile(draft, lines.join(''), { mode: 0o600 });
  await rename(draft, file);
}

/** What is the same in all; no file of this kind can hold a line break or a quote. */
function shared([first = {}, ...others]: readonly Variables[]): Variables {
  const same = Object.entries(first).filter(
    ([name, value]) => !/['\n]/.test(value) && others.every((other) => other[name] === value),
  );
  return Object.fromEntries(same);
}
