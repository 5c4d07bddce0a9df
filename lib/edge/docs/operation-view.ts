import type { Schema } from '../openapi/schema.ts';
import { type Html, html, inline } from './html.ts';
import { entriesOf, isSchema, listAt, resolved, schemaAt, textAt } from './reading.ts';
import { fieldView, schemaView } from './schema-view.ts';

/** An operation under all of the methods that it is documented for. */
export interface OperationGroup {
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  /** The methods in capitals, with what is said of each. */
  readonly methods: readonly (readonly [method: string, operation: Schema])[];
  /** Of the path, for every method. */
  readonly parameters: readonly unknown[];
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options', 'trace'];

/** The operations of a document; those of one path that say the same stand together. */
export function operationsOf(document: Schema): readonly OperationGroup[] {
  return entriesOf(document.paths).flatMap(([path, item]) => {
    const found = METHODS.map((method) => [method, schemaAt(item, method)] as const).filter(
      ([, operation]) => Object.keys(operation).length > 0,
    );
    const groups = Map.groupBy(found, ([, operation]) => textAt(operation, 'summary'));
    return [...groups].map(([summary, methods]) => ({
      path,
      summary,
      tag: String(listAt(methods[0]?.[1], 'tags')[0] ?? ''),
      methods: methods.map(([method, operation]) => [method.toUpperCase(), operation] as const),
      parameters: listAt(item, 'parameters'),
    }));
  });
}

export function operationLink(group: OperationGroup): Html {
  const [first] = group.methods;
  const id = encodeURIComponent(textAt(first?.[1], 'operationId'));
  return html`<a href="#${id}">${verbs(group)} <span>${group.path}</span></a>`;
}

function verbs({ methods }: OperationGroup): Html {
  return html`${methods.map(([method]) => html`<b>${method}</b> `)}`;
}

/** One section: its anchors, what it takes, what it answers, what goes wrong. */
export function operationView(document: Schema, group: OperationGroup): Html {
  const ids = group.methods.map(([, operation]) => textAt(operation, 'operationId'));
  // The one that has the most to say.
  const operation = group.methods.map(([, one]) => one).find(({ requestBody }) => requestBody);
  const told = operation ?? group.methods[0]?.[1] ?? {};
  return html`<section class="operation" id="${ids[0] ?? ''}">
${ids.slice(1).map((id) => html`<a id="${id}"></a>`)}<h3>${verbs(group)}<a href="#${encodeURIComponent(ids[0] ?? '')}"><code>${group.path}</code></a></h3>
<p>${inline(group.summary)}. ${whoMay(told)}</p>
${parametersView(document, [...group.parameters, ...listAt(told, 'parameters')])}
${bodyView(document, told)}
${answersView(document, told)}
</section>`;
}

function whoMay(operation: Schema): Html {
  const scopes = listAt(operation, 'security').flatMap((way) =>
    entriesOf(way).flatMap(([, all]) => (Array.isArray(all) ? all.map(String) : [])),
  );
  const [scope] = scopes;
  if (scope === undefined) return html`No key is asked for.`;
  return html`Scope <code>${scope}</code>.`;
}

/** By where they go. */
const PLACES = [
  ['path', 'In the path'],
  ['query', 'In the query'],
  ['header', 'In the headers'],
] as const;

function parametersView(document: Schema, parameters: readonly unknown[]): readonly Html[] {
  const all = parameters.map((one) => resolved(document, one));
  return PLACES.flatMap(([place, title]) => {
    const rows = all
      .filter((parameter) => parameter.in === place)
      .map((parameter) =>
        fieldView({
          name: textAt(parameter, 'name'),
          field: schemaAt(parameter, 'schema'),
          isRequired: parameter.required === true,
          description: textAt(parameter, 'description'),
        }),
      );
    return rows.length === 0 ? [] : [html`<h4>${title}</h4><ul class="fields">${rows}</ul>`];
  });
}

function bodyView(document: Schema, operation: Schema): Html | undefined {
  const content = entriesOf(schemaAt(operation, 'requestBody').content);
  if (content.length === 0) return undefined;
  const optional = schemaAt(operation, 'requestBody').required === true ? '' : ', may be left out';
  return html`<h4>Body${optional}</h4>${contentView(document, content)}`;
}

function contentView(
  document: Schema,
  content: readonly (readonly [type: string, value: unknown])[],
): Html {
  const rows = content.map(([type, value]) => {
    const schema = schemaAt(value, 'schema');
    const view = Object.keys(schema).length === 0 ? undefined : html`: ${schemaView(schema)}`;
    return html`<li><code>${type}</code>${view}</li>`;
  });
  const [example] = content.flatMap(([, value]) =>
    listAt(resolved(document, schemaAt(value, 'schema')), 'examples').slice(0, 1),
  );
  return html`<ul class="fields">${rows}</ul>${exampleView(example)}`;
}

/** Folded: it is there for who wants it. */
export function exampleView(example: unknown): Html | undefined {
  if (example === undefined) return undefined;
  const text = JSON.stringify(example, null, 2);
  return html`<details><summary>Example</summary><pre tabindex="0">${text}</pre></details>`;
}

function answersView(document: Schema, operation: Schema): Html {
  const rows = entriesOf(operation.responses).map(([status, one]) => {
    const answer = resolved(document, one);
    const codes = codesOf(answer);
    if (codes.length > 0) return html`<li><b>${status}</b> ${codes.map(codeLink)}</li>`;
    const headers = entriesOf(answer.headers).map(([name]) => name);
    const content = entriesOf(answer.content);
    return html`<li><b>${status}</b> ${inline(textAt(answer, 'description'))}${
      headers.length === 0
        ? undefined
        : html`<p class="headers">${headers.map((name) => html`<a href="#${encodeURIComponent(headerId(name))}">${name}</a> `)}</p>`
    }${content.length === 0 ? undefined : contentView(document, content)}</li>`;
  });
  return html`<h4>Answers</h4><ul class="fields">${rows}</ul>`;
}

/** The codes that a problem of this answer may have. */
function codesOf(answer: Schema): readonly string[] {
  const { schema } = schemaAt(schemaAt(answer, 'content'), 'application/problem+json');
  const code = schemaAt(schemaAt(schema, 'properties'), 'code');
  return isSchema(schema) ? listAt(code, 'enum').map(String) : [];
}

/** The anchor of an error code. */
export function errorId(code: string): string {
  return `error-${code}`;
}

/** The anchor of a header of answers. */
export function headerId(name: string): string {
  return `header-${name}`;
}

function codeLink(code: string): Html {
  return html`<a href="#${encodeURIComponent(errorId(code))}"><code>${code}</code></a> `;
}
