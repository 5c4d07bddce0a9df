import { describe } from 'vitest';
import { isMissing, STAND_INS } from '../../contracts/stand-ins.ts';
import { conformance } from './conformance.ts';

describe('the model of DynamoDB', () => conformance('model'));

for (const kind of STAND_INS) {
  describe.skipIf(isMissing(kind))(`${kind}, of which the same is expected`, () => {
    conformance(kind);
  });
}
