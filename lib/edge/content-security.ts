/** What a browser may do with an answer: one policy for data, one for the pages beside it. */

/** No base, no form, no frame, whatever else is allowed: `default-src` does not cover these three. */
const NOWHERE_ELSE = ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"];

/** Of every answer that is data: it may load nothing and do nothing. */
export const API_POLICY = ["default-src 'none'", ...NOWHERE_ELSE].join('; ');

/** Of a page: what its directives name, pictures that are written into it, and nothing else. */
export function pagePolicy(...directives: readonly string[]): string {
  return ["default-src 'none'", ...directives, 'img-src data:', ...NOWHERE_ELSE].join('; ');
}
