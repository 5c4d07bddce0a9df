import { randomInt, randomUUID } from 'node:crypto';
import { AwsError, type AwsInput, type AwsServer, serveAwsJson } from './aws-json.ts';
import { readJsonFile, writePrivateJson } from './private-file.ts';

/** Secrets Manager on loopback, kept in one file that only its owner may read. */

export interface SecretSpec {
  readonly arn: string;
  readonly name: string;
  readonly generate?: GenerateSecretString;
  readonly value?: string;
}

/** The part of `AWS::SecretsManager::Secret` of the same name. */
export interface GenerateSecretString {
  readonly PasswordLength?: number;
  readonly ExcludeCharacters?: string;
  readonly ExcludeLowercase?: boolean;
  readonly ExcludeUppercase?: boolean;
  readonly ExcludeNumbers?: boolean;
  readonly ExcludePunctuation?: boolean;
  readonly IncludeSpace?: boolean;
  readonly RequireEachIncludedType?: boolean;
  readonly SecretStringTemplate?: string;
  readonly GenerateStringKey?: string;
}

export interface Secrets extends AwsServer {
  /** The current value by ARN or name. */
  valueOf(id: string): string | undefined;
}

interface Version {
  readonly id: string;
  readonly value: string;
  readonly createdAtMs: number;
}
interface Stored {
  readonly current?: Version;
  readonly previous?: Version;
}

/** A secret that the file already has keeps its value; a new one gets what its spec generates. */
export async function serveSecrets(file: string, specs: readonly SecretSpec[]): Promise<Secrets> {
  const stored = new Map(Object.entries((await readJsonFile<Record<string, Stored>>(file)) ?? {}));
  const save = () => writePrivateJson(file, Object.fromEntries(stored));
  for (const spec of specs) {
    if (stored.has(spec.arn)) continue;
    const value = spec.value ?? (spec.generate && generateSecretString(spec.generate));
    stored.set(spec.arn, value === undefined ? {} : { current: version(value) });
  }
  await save();

  function find(input: AwsInput): { readonly spec: SecretSpec; readonly secret: Stored } {
    const spec = specs.find(({ arn, name }) => input.SecretId === arn || input.SecretId === name);
    const secret = stored.get(spec?.arn ?? '');
    if (spec !== undefined && secret !== undefined) return { spec, secret };
    throw notFound("Secrets Manager can't find the specified secret.");
  }
  const operations: Readonly<Record<string, (input: AwsInput) => Promise<object> | object>> = {
    GetSecretValue(input) {
      const { spec, secret } = find(input);
      const stage = input.VersionStage === 'AWSPREVIOUS' ? 'AWSPREVIOUS' : 'AWSCURRENT';
      const found = stage === 'AWSPREVIOUS' ? secret.previous : secret.current;
      if (found === undefined) {
        throw notFound(`Secrets Manager can't find the specified secret value for ${stage}.`);
      }
      return {
        ...named(spec),
        ...described(found),
        SecretString: found.value,
        VersionStages: [stage],
      };
    },
    async PutSecretValue(input) {
      const { spec, secret } = find(input);
      if (typeof input.SecretString !== 'string') {
        throw new AwsError('InvalidRequestException', 'You must provide SecretString.');
      }
      const id =
        typeof input.ClientRequestToken === 'string' ? input.ClientRequestToken : undefined;
      const current = version(input.SecretString, id);
      const { current: previous } = secret;
      stored.set(spec.arn, { current, ...(previous !== undefined && { previous }) });
      await save();
      return { ...named(spec), VersionId: current.id, VersionStages: ['AWSCURRENT'] };
    },
    DescribeSecret(input) {
      const { spec, secret } = find(input);
      const stages: [string, string[]][] = [];
      if (secret.current !== undefined) stages.push([secret.current.id, ['AWSCURRENT']]);
      if (secret.previous !== undefined) stages.push([secret.previous.id, ['AWSPREVIOUS']]);
      return { ...named(spec), VersionIdsToStages: Object.fromEntries(stages) };
    },
  };
  const server = await serveAwsJson({
    target: 'secretsmanager',
    version: '1.1',
    errorPrefix: '',
    operation: (name) => operations[name],
  });
  return {
    ...server,
    valueOf: (id) =>
      stored.get(specs.find(({ arn, name }) => id === arn || id === name)?.arn ?? '')?.current
        ?.value,
  };
}

function version(value: string, id: string = randomUUID()): Version {
  return { id, value, createdAtMs: Date.now() };
}
function named({ arn, name }: SecretSpec) {
  return { ARN: arn, Name: name };
}
function described({ id, createdAtMs }: Version) {
  return { VersionId: id, CreatedDate: createdAtMs / 1000 };
}
function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message);
}

const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/** A random value as CloudFormation makes it: 32 characters unless told otherwise. */
export function generateSecretString(options: GenerateSecretString): string {
  const excluded = new Set(options.ExcludeCharacters ?? '');
  const kinds = [
    options.ExcludeLowercase === true ? '' : LOWERCASE,
    options.ExcludeUppercase === true ? '' : LOWERCASE.toUpperCase(),
    options.ExcludeNumbers === true ? '' : '0123456789',
    options.ExcludePunctuation === true ? '' : PUNCTUATION,
    options.IncludeSpace === true ? ' ' : '',
  ]
    .map((kind) => [...kind].filter((character) => !excluded.has(character)))
    .filter((kind) => kind.length > 0);
  const length = options.PasswordLength ?? 32;
  const required = options.RequireEachIncludedType === false ? [] : kinds.slice(0, length);
  const all = kinds.flat();
  const rest = Array.from({ length: length - required.length }, () => pick(all));
  const password = shuffled([...required.map(pick), ...rest]).join('');
  if (options.GenerateStringKey === undefined) return password;
  const template = JSON.parse(options.SecretStringTemplate ?? '{}') as Record<string, unknown>;
  return JSON.stringify({ ...template, [options.GenerateStringKey]: password });
}

function pick(characters: readonly string[]): string {
  return characters[randomInt(characters.length)] ?? '';
}

function shuffled(characters: readonly string[]): readonly string[] {
  const left = [...characters];
  return characters.map(() => left.splice(randomInt(left.length), 1)[0] ?? '');
}
