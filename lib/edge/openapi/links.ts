import type { Operations } from './operation.ts';
import type { Schema } from './schema.ts';

/** Where what one answer names can be used: OpenAPI's links. */

interface Origin {
  readonly operation: string;
  readonly status: string;
  /** The parameter that it is, in paths. */
  readonly parameter: string;
  /** Where in the answer. */
  readonly at: string;
}

const ORIGINS: readonly Origin[] = [
  { operation: 'createIntegration', status: '201', parameter: 'integration', at: '/id' },
  { operation: 'putIntegration', status: '201', parameter: 'integration', at: '/id' },
  { operation: 'createSource', status: '201', parameter: 'source', at: '/id' },
  { operation: 'createKey', status: '201', parameter: 'key', at: '/id' },
  { operation: 'publishEvent', status: '202', parameter: 'event', at: '/id' },
  { operation: 'publishEvent', status: '202', parameter: 'delivery', at: '/deliveries/0/id' },
  { operation: 'listDeliveries', status: '200', parameter: 'delivery', at: '/data/0/id' },
  { operation: 'recover', status: '202', parameter: 'job', at: '/id' },
];

/** The links of one answer: to every operation whose path has what the answer names. */
export function linksFrom(operation: string, status: string, all: Operations): Schema {
  const origins = ORIGINS.filter((one) => one.operation === operation && one.status === status);
  const links = origins.flatMap(({ parameter, at }) =>
    Object.entries(all).flatMap(([route, { id }]) => {
      // Webhooks of others have no links: they are signed by others.
      if (!route.includes(`/v1/`) || !route.includes(`{${parameter}}`)) return [];
      return [[id, { operationId: id, parameters: { [parameter]: `$response.body#${at}` } }]];
    }),
  );
  return links.length === 0 ? {} : { links: Object.fromEntries(links) };
}
