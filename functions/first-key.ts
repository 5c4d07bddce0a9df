/** On deployment: sees to it that there is a first admin key, in the registry and in the vault. */
import { firstKeyFunction } from '../lib/edge/functions/first-key.ts';

export const handler = firstKeyFunction();
