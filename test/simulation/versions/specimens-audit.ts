import { createPublicKey } from 'node:crypto';
import { EMPTY_CHAIN } from '../../../lib/domain/audit.ts';
import { digestAfter, isSigned, NO_DIGEST, parseDigest } from '../../../lib/domain/audit-digest.ts';
import { chainOf, draft, headOf, TENANT } from '../../domain/audit-chains.ts';
import { KEY, rowOf, signedBy } from '../../domain/digest-chains.ts';
import { SIGNING_KEY } from '../product/signing-key.ts';
import type { Specimen } from './specimens.ts';

const CHAIN = chainOf(2);
const END = EMPTY_CHAIN;
const HEAD = { tenant: TENANT, ...headOf(CHAIN) };
const DIGEST = signedBy(digestAfter(NO_DIGEST, [HEAD], KEY, 1_800_000_000_000), SIGNING_KEY);

export const AUDIT_SPECIMEN: Specimen = {
  async write({ auditTrail, auditIntents }) {
    for (const entry of CHAIN) await auditTrail.append(entry);
    await auditTrail.moveAnchor(TENANT, undefined, headOf(CHAIN));
    await auditIntents.put({ draft: draft(3), atMs: 1_800_000_000_000, end: END });
  },
  read: async ({ auditTrail, auditIntents }) => ({
    end: await auditTrail.end(TENANT),
    entries: (await auditTrail.read(TENANT, 1, 10)).map(({ place, text }) => ({ place, text })),
    anchor: await auditTrail.anchor(TENANT),
    chains: (await auditTrail.heads()).map(({ tenant }) => tenant),
    intents: await auditIntents.oldest(10),
  }),
};

export const DIGEST_SPECIMEN: Specimen = {
  async write({ auditDigests }) {
    await auditDigests.append(1, rowOf(DIGEST).text);
    await auditDigests.noteSigned({ ...HEAD, digest: 1 });
  },
  read: async ({ auditDigests }) => {
    const [row] = await auditDigests.read(1, 10);
    const digest = parseDigest(row?.text ?? '');
    return {
      ...{ row, end: await auditDigests.end(), signed: await auditDigests.signed() },
      isSigned: digest !== undefined && isSigned(digest, [createPublicKey(SIGNING_KEY)]),
    };
  },
};
