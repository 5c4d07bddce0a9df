import type { FaultPlan } from './faults/plan.ts';
import type { LocalRun } from './local-run.ts';
import type { LocalSettings } from './local-settings.ts';

/** Where the example integration points: what listens there is the reader's. */
const EXAMPLE_PORT = 9000;

/** What `npm start` prints when it is ready. */
export function welcome(
  run: LocalRun,
  more: LocalSettings & { readonly readySeconds: number },
): string {
  const isStrict = more.boot.egress === 'strict';
  const endpoint = isStrict
    ? 'https://example.com/hooks'
    : `http://127.0.0.1:${EXAMPLE_PORT}/hooks`;
  const targets = isStrict
    ? 'public https only, as deployed'
    : 'http on this machine too (BREAKWATER_EGRESS=strict: as deployed)';
  return `
Breakwater runs at ${run.url} (ready in ${more.readySeconds.toFixed(1)} s)

  admin key   ${run.apiKey}
  data        ${more.boot.home} (${run.aws.dynamodbKind}); url and key are in ${more.boot.home}/local.json
  targets     ${targets}
  stand-ins   DynamoDB ${run.aws.dynamodb}, SQS ${run.aws.sqs},
              Secrets Manager ${run.aws.secretsManager}, EventBridge ${run.aws.eventBridge}

${more.boot.faults === undefined ? '' : drill(more.boot.faults)}${isStrict ? '' : listener()}Register an integration:

  ${curl(run, '/v1/integrations', { name: 'first', serviceType: 'webhook', endpoint })}

Send it an event:

  ${curl(run, '/v1/events', { type: 'invoice.paid', data: { amount: 120 } })}

Ctrl-C ends it. Deliveries show below.
`;
}

/** Said loudly: somebody else may have left the variable set. */
function drill({ seed, rates, only, tables }: FaultPlan): string {
  const kinds = Object.entries(rates).map(
    ([kind, rate]) => `${kind} ${Number((rate * 100).toPrecision(6))} %`,
  );
  const where = [only?.join(', ') ?? 'every function', tables && `tables: ${tables.join(', ')}`];
  return `\
FAULTS ARE ON (BREAKWATER_FAULTS, seed ${seed}): requests to AWS fail on purpose, and functions die.

  ${kinds.join('\n  ')}
  in ${where.filter(Boolean).join('; ')}; each is a line that begins with ~

`;
}

function listener(): string {
  const code = `require("http").createServer((q,s)=>q.on("data",d=>console.log(d+"")).on("end",()=>s.end())).listen(${EXAMPLE_PORT},"127.0.0.1")`;
  return `Something to deliver to, in another terminal:\n\n  node -e '${code}'\n\n`;
}

function curl(run: LocalRun, path: string, body: object): string {
  return (
    `curl -s ${run.url}${path} -H 'authorization: Bearer ${run.apiKey}' ` +
    `-H 'content-type: application/json' -d '${JSON.stringify(body)}'`
  );
}
