import { EMPTY_CHAIN } from '../../../lib/domain/audit.ts';
import { chainOf, draft, headOf, TENANT } from '../../domain/audit-chains.ts';
import type { Specimen } from './specimens.ts';

const CHAIN = chainOf(2);
const END = EMPTY_CHAIN;

export const AUDIT_SPECIMEN: Specimen = {
  async write({ auditTrail, auditIntents }) {
    for (const entry of CHAIN) await auditTrail.append(entry);
    await auditTrail.moveAnchor(TENANT, undefined, headOf(CHAIN));
    await auditIntents.put({ draft: draft(3), atMs: 1_800_000_000_000, end: END });
  },
  read: async ({ auditTrail, auditIntents }) => ({
    end: await auditTrail.end(TENANT),
    entries: await auditTrail.read(TENANT, 1, 10),
    anchor: await auditTrail.anchor(TENANT),
    chains: await auditTrail.anchored(),
    intents: await auditIntents.oldest(10),
  }),
};
