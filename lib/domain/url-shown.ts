/** What stands for a query string that is not shown; no URL that is sent can end like this. */
export const HIDDEN_QUERY = '?…';

/** A URL without what its query string says, which may be a secret; one without a query as it is. */
export function urlShown(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query) + HIDDEN_QUERY;
}

/** Whether the text is what `urlShown` makes of a URL with a query. */
export function hidesQuery(text: string): boolean {
  return text.endsWith(HIDDEN_QUERY);
}
