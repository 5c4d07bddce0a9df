/** Texts under names, of an event, an integration or a source: how many, and how long. */
export const METADATA_PAIRS_MAX = 50;
export const METADATA_NAME_CHARS_MAX = 64;
export const METADATA_CHARS_MAX = 500;
