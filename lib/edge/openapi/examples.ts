import { BODY_EXAMPLES } from './examples-bodies.ts';
import { HISTORY_EXAMPLES } from './examples-history.ts';
import { REGISTRY_EXAMPLES } from './examples-registry.ts';
import { WATCH_EXAMPLES } from './examples-watch.ts';
import { AUDIT_EXAMPLES } from './schemas-audit.ts';

const REQUEST_ID = '8d3c1f6e-52a0-4a7b-9a55-0d5c9b6a2f11';

const PROBLEMS = {
  Problem: {
    type: 'urn:breakwater:problem:invalid',
    title: 'The request is not valid',
    status: 422,
    code: 'invalid',
    detail: 'name: is required: 1 to 63 of a–z 0–9 -, not beginning with a hyphen',
    requestId: REQUEST_ID,
    errors: [
      { path: 'name', message: 'is required: 1 to 63 of a–z 0–9 -, not beginning with a hyphen' },
    ],
  },
  GatewayMessage: { message: 'Service Unavailable' },
};

/** One example for each component that stands alone; a test holds each against its schema. */
export const EXAMPLES: Readonly<Record<string, unknown>> = {
  ...PROBLEMS,
  ...BODY_EXAMPLES,
  ...REGISTRY_EXAMPLES,
  ...HISTORY_EXAMPLES,
  ...WATCH_EXAMPLES,
  ...AUDIT_EXAMPLES,
};
