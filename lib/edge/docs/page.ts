import type { Schema } from '../openapi/schema.ts';
import { type Html, html, inline, markup, prose } from './html.ts';
import {
  errorId,
  exampleView,
  headerId,
  type OperationGroup,
  operationLink,
  operationsOf,
  operationView,
} from './operation-view.ts';
import { entriesOf, isSchema, schemaAt, textAt } from './reading.ts';
import { fieldView, schemaId, schemaView } from './schema-view.ts';
import { STYLE } from './style.ts';

/** What a code of a problem means. */
export interface ErrorTold {
  readonly code: string;
  readonly status: number;
  readonly title: string;
}

/** A wave before a wall. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E" +
  "%3Cpath d='M1 11q3-6 6 0V4h3v9H1z' fill='%230b5cad'/%3E%3C/svg%3E";

/**
 * An OpenAPI document as one page without scripts. All that it says is text: none of it becomes
 * markup, and the page asks for nothing.
 */
export function docsPage(document: Schema, errors: readonly ErrorTold[]): string {
  const info = schemaAt(document, 'info');
  const title = `${textAt(info, 'title')} API`;
  const byTag = Map.groupBy(operationsOf(document), ({ tag }) => tag);
  return html`${markup('<!doctype html>')}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="${ICON}">
<style>${markup(STYLE)}</style>
</head>
<body>
<a class="skip" href="#top">To the contents</a>
${navigation(byTag)}
<main id="top">
<h1>${title} <small>${textAt(info, 'version')}</small></h1>
<p>${inline(textAt(info, 'summary'))} For programs: <a href="/openapi.json">/openapi.json</a>.</p>
${prose(textAt(info, 'description'))}
${authentication(document)}
${[...byTag].map(([tag, groups]) => tagView(document, tag, groups))}
${errorsView(errors)}
${headersView(document)}
${schemasView(document)}
</main>
</body>
</html>
`.markup;
}

function navigation(byTag: ReadonlyMap<string, readonly OperationGroup[]>): Html {
  const tags = [...byTag].map(([tag, groups]) => {
    const links = groups.map((group) => html`<li>${operationLink(group)}</li>`);
    return html`<li><details><summary>${tag}</summary><ul>${links}</ul></details></li>`;
  });
  return html`<nav aria-label="Contents"><h2>Contents</h2><ul>
<li><a href="#authentication">Authentication</a></li>${tags}
<li><a href="#errors">Errors</a></li><li><a href="#headers">Headers</a></li>
<li><a href="#schemas">Schemas</a></li></ul></nav>`;
}

function authentication(document: Schema): Html {
  const ways = entriesOf(schemaAt(document, 'components').securitySchemes).map(([, way]) => {
    const [header, value] =
      textAt(way, 'scheme') === 'bearer'
        ? ['Authorization', `Bearer ${textAt(way, 'bearerFormat')}`]
        : [textAt(way, 'name'), undefined];
    const shown = value === undefined ? undefined : html`: <code>${value}</code>`;
    return html`<dt><code>${header}</code>${shown}</dt><dd>${inline(textAt(way, 'description'))}</dd>`;
  });
  return html`<h2 id="authentication">Authentication</h2>
<p>With the key itself, or signed with it; then the headers of the signature belong together. Each
operation names the scope that the key needs.</p><dl>${ways}</dl>`;
}

function tagView(document: Schema, tag: string, groups: readonly OperationGroup[]): Html {
  return html`<h2 id="${tag.toLowerCase()}">${tag}</h2>
${groups.map((group) => operationView(document, group))}`;
}

function errorsView(errors: readonly ErrorTold[]): Html {
  const rows = errors.map(
    ({ code, status, title }) =>
      html`<li id="${errorId(code)}"><b>${status}</b> <code>${code}</code> ${title}</li>`,
  );
  return html`<h2 id="errors">Errors</h2><ul class="fields">${rows}</ul>`;
}

function headersView(document: Schema): Html {
  const rows = entriesOf(schemaAt(document, 'components').headers).map(([name, header]) => {
    const description = textAt(header, 'description');
    const field = schemaAt(header, 'schema');
    return html`<li id="${headerId(name)}"><ul class="fields">${fieldView({ name, field, isRequired: false, description })}</ul></li>`;
  });
  return html`<h2 id="headers">Headers of answers</h2><ul class="kinds">${rows}</ul>`;
}

function schemasView(document: Schema): Html {
  const all = entriesOf(schemaAt(document, 'components').schemas).map(([name, value]) => {
    const schema = isSchema(value) ? value : {};
    const [example] = Array.isArray(schema.examples) ? schema.examples : [];
    return html`<section class="schema" id="${schemaId(name)}"><h3>${name}</h3>
${schemaView(schema)}${exampleView(example)}</section>`;
  });
  return html`<h2 id="schemas">Schemas</h2>${all}`;
}
