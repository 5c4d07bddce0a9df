/**
 * Stands in every secret that the simulation plants, and in nothing else, so that one look for it is
 * a look for all of them.
 */
export const MARK = 'cnryQ7vK';
