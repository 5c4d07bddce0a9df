import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { ENV } from '../../names.ts';
import type { FunctionSpec } from '../lambda-environment.ts';
import type { LocalFaults } from '../local-run.ts';
import { dice } from './dice.ts';
import {
  type Answered,
  type Asked,
  type Command,
  FAULT_MESSAGE,
  type Service,
  type Verdict,
} from './messages.ts';
import { FAULTY_FUNCTIONS, FAULTY_TABLES, type FaultPlan, type TableRole } from './plan.ts';

/**
 * Decides for all execution environments what goes wrong. It stands in the host, so that it counts
 * on when they die: the n-th `UpdateItem` of a function has one fate, whichever of them sends it.
 */
export interface FaultDesk extends LocalFaults {
  /** What goes wrong with this request, the next of its kind. */
  verdict(spec: FunctionSpec, command: Command): Verdict;
  /** Where a new execution environment asks; undefined: nothing ever happens to this function. */
  portFor(spec: FunctionSpec): MessagePort | undefined;
}

const POSSIBLE: Readonly<Record<Service, readonly string[]>> = {
  dynamodb: ['dynamodb-throttle', 'dynamodb-lost-before', 'dynamodb-lost-after', 'dynamodb-slow'],
  sqs: ['sqs-throttled', 'sqs-lost-before', 'sqs-lost-after', 'sqs-slow'],
  secrets: ['secrets-down'],
};
const SENDS_MANY = 'SendMessageBatch';
const KILLS = ['kill-before', 'kill-after'];
const TABLE_ENV: Readonly<Record<TableRole, string>> = {
  registry: ENV.registryTable,
  history: ENV.historyTable,
  state: ENV.stateTable,
  audit: ENV.auditTable,
};

/** `onLine` gets a line for each fault, as if its function had logged it. */
export function faultDesk(
  { seed, rates, only = FAULTY_FUNCTIONS, tables = FAULTY_TABLES }: FaultPlan,
  onLine: (spec: FunctionSpec, line: string) => void,
): FaultDesk {
  const draw = dice(seed, rates);
  const visits = new Map<string, number>();
  const counts = new Map<string, number>();
  let isOver = false;
  const isFaulty = (spec: FunctionSpec) =>
    (only as readonly string[]).includes(functionNameOf(spec));

  function tell(spec: FunctionSpec, fault: string, told: object) {
    counts.set(fault, (counts.get(fault) ?? 0) + 1);
    const entry = { level: 'WARN', message: FAULT_MESSAGE, fault, ...told };
    onLine(spec, JSON.stringify({ ...entry, timestamp: new Date().toISOString() }));
  }

  const desk: FaultDesk = {
    verdict(spec, { service, operation, table, messages }) {
      if (isOver || !isFaulty(spec)) return {};
      const place = `${functionNameOf(spec)} ${service}.${operation}`;
      const n = (visits.get(place) ?? 0) + 1;
      visits.set(place, n);
      const role = table === undefined ? undefined : roleOf(spec, table);
      const kinds = operation === SENDS_MANY ? [...POSSIBLE.sqs, 'sqs-partial'] : POSSIBLE[service];
      const kill = draw(place, n, KILLS);
      const isMeant = role === undefined || tables.includes(role);
      // Who dies before it sends anything meets no other fault.
      const fault = isMeant && kill?.kind !== 'kill-before' ? draw(place, n, kinds) : undefined;
      // A value that is undefined leaves no field in the line.
      const told = { at: `${place}#${n}`, table: role, messages };
      for (const drawn of [fault, kill]) if (drawn !== undefined) tell(spec, drawn.kind, told);
      return {
        ...(fault && { fault }),
        ...(kill && { kill: kill.kind === 'kill-before' ? 'before' : 'after' }),
      };
    },
    portFor: (spec) =>
      isFaulty(spec) ? answering((command) => desk.verdict(spec, command)) : undefined,
    end() {
      isOver = true;
    },
    counts: () => Object.fromEntries([...counts].toSorted(([a], [b]) => a.localeCompare(b))),
  };
  return desk;
}

/** The other end of a port whose askers hear what `verdictOn` says. */
function answering(verdictOn: (command: Command) => Verdict): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.on('message', ({ id, command }: Asked) => {
    port1.postMessage({ id, verdict: verdictOn(command) } satisfies Answered);
  });
  // The environment keeps the host alive, not what it may ask.
  port1.unref();
  return port2;
}

/** As `functions/` has it: the template calls it `FunctionsFanOut1999EF92`. */
function functionNameOf({ name }: FunctionSpec): string {
  const [, found = name] = /^Functions(.+)[0-9A-F]{8}$/.exec(name) ?? [];
  return `${found.charAt(0).toLowerCase()}${found.slice(1)}`;
}

function roleOf({ environment }: FunctionSpec, table: string): TableRole | undefined {
  return FAULTY_TABLES.find((role) => environment[TABLE_ENV[role]] === table);
}
