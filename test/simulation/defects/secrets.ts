import type { Defect } from './defect.ts';

const SECRECY = 'nobody is told a secret but those that it is for';
const AUDITED = 'every change by hand is in the audit log, once';

/** What must be told to nobody, and what must be told once. */
export const SECRET_DEFECTS: readonly Defect[] = [
  {
    name: 'what a receiver sends back is kept as it is',
    guarantee: SECRECY,
    file: 'lib/app/make-attempt.ts',
    find: 'responseBody: redacted(result.responseBody, secrets),',
    replace: 'responseBody: result.responseBody,',
  },
  {
    name: 'an access token that is sent back is kept',
    guarantee: SECRECY,
    file: 'lib/app/send-call.ts',
    find: 'responseHeaders: redactedHeaders(result.responseHeaders, secrets),',
    replace: 'responseHeaders: result.responseHeaders,',
  },
  {
    name: 'the beginning of a secret at the end of an answer is kept',
    guarantee: SECRECY,
    file: 'lib/domain/redaction.ts',
    find: 'return spellings.reduce(withoutCutOff, whole);',
    replace: 'return whole;',
  },
  {
    name: 'an attempt has the whole URL on record',
    guarantee: SECRECY,
    file: 'lib/app/make-attempt.ts',
    find: 'target: shownUrl(target),',
    replace: 'target: target.endpoint,',
  },
  {
    name: 'a bearer token is stored as it is',
    guarantee: SECRECY,
    file: 'lib/domain/sealed.ts',
    find: "return { ...auth, token: secret('token', auth.token) };",
    replace: 'return auth;',
  },
  {
    name: 'the answer that is kept for a key is not sealed',
    guarantee: SECRECY,
    file: 'lib/runtime/seal.ts',
    find: "return Buffer.concat([nonce, cipher.getAuthTag(), content]).toString('base64');",
    replace: "return Buffer.from(plain).toString('base64');",
  },
  {
    name: 'an integration is answered with its credentials',
    guarantee: SECRECY,
    file: 'lib/app/views-registry.ts',
    find: 'return { type: auth.type, header: auth.header };',
    replace: 'return auth;',
  },
  {
    name: 'the audit log has the whole URL',
    guarantee: SECRECY,
    file: 'lib/app/audit-views.ts',
    find: 'endpoint: auditUrl(endpoint, serviceType).shown',
    // As it is, it would be cut by the mask that all that is kept goes through.
    replace: "endpoint: endpoint.replace('https://', '')",
  },
  {
    name: 'the line of an attempt says where it went',
    guarantee: SECRECY,
    file: 'lib/app/record-attempt.ts',
    find: 'integration: integration.name,',
    replace: 'integration: integration.endpoint,',
  },
  {
    name: 'failures are counted by the URL',
    guarantee: SECRECY,
    file: 'lib/app/record-attempt.ts',
    find: "if (attempt.outcome !== 'success') telemetry.count('AttemptsFailed');",
    replace: "if (attempt.error) telemetry.count('AttemptsFailed', 1, integration.endpoint);",
  },
  {
    name: 'the secret of a source goes along with its webhooks',
    guarantee: SECRECY,
    file: 'lib/app/receive-inbound.ts',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a template.
    find: 'source: source.id, id: `evt_${seed}` };',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a template.
    replace: 'orderingKey: source.verification.secrets[0].secret, id: `evt_${seed}` };',
  },
  {
    name: 'an error names the pepper',
    guarantee: SECRECY,
    file: 'lib/domain/keys.ts',
    find: "return createHmac('sha256', pepper).update(secret).digest('base64url');",
    replace: 'throw new Error(pepper);',
  },
  {
    name: 'the end of a key is not told of',
    guarantee: AUDITED,
    file: 'lib/edge/audit-rules.ts',
    find: "'DELETE /v1/keys/{key}': { action: 'key.revoke', kind: 'key', param: 'key' },",
    replace: "'DELETE /v1/keys/{key}': { unaudited: 'It is over.' },",
  },
  {
    name: 'a change that was made is told of twice',
    guarantee: AUDITED,
    file: 'lib/app/audited-change.ts',
    find: "if (!isNew && entry.outcome === 'interrupted') {",
    replace: "if (entry.outcome !== 'interrupted') {",
  },
];
