import type { Env } from './commands.ts';
import { rootCall } from './root-call.ts';

const GROUPS_MAX = 50;
const LINES_MAX = 8;
const LINE_CHARS_MAX = 1_000;

interface Named {
  readonly logGroupName: string;
}

const TROUBLE = /"level":"(?:WARN|ERROR)"|AccessDenied|not authorized|Error:/;
const DENIED = /AccessDenied|not authorized/;

/** The last warnings and errors of every function, for whoever has to find out why. */
export function troubles(env: Env): Promise<string> {
  return linesMatching(env, TROUBLE);
}

/** What a function was refused for want of a right; empty where every role suffices. */
export function denials(env: Env): Promise<string> {
  return linesMatching(env, DENIED);
}

async function linesMatching(env: Env, pattern: RegExp): Promise<string> {
  const { logGroups = [] } = await logs<{ readonly logGroups?: readonly Named[] }>(
    env,
    'DescribeLogGroups',
    { limit: GROUPS_MAX },
  );
  const found = await Promise.all(
    logGroups.map(({ logGroupName }) => linesIn(env, logGroupName, pattern)),
  );
  return found.filter((text) => text !== '').join('\n\n');
}

async function linesIn(env: Env, logGroupName: string, pattern: RegExp): Promise<string> {
  const { events = [] } = await logs<{ readonly events?: readonly { readonly message: string }[] }>(
    env,
    'FilterLogEvents',
    { logGroupName },
  );
  const lines = events.map(({ message }) => message.trim());
  const found = lines
    .filter((line) => pattern.test(line))
    .map((line) => line.slice(0, LINE_CHARS_MAX));
  return found.length === 0 ? '' : [logGroupName, ...found.slice(-LINES_MAX)].join('\n  ');
}

async function logs<T>(env: Env, action: string, input: unknown): Promise<T> {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `Logs_20140328.${action}`,
  };
  return JSON.parse(await rootCall(env, 'logs', headers, JSON.stringify(input))) as T;
}
