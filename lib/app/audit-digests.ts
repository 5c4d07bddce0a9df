import {
  DIGEST_AT_LEAST_MS,
  DIGEST_EVERY_MS,
  DIGEST_LATE_MS,
  type DigestContent,
  type DigestEnd,
  digestAfter,
  digestEndAt,
  digestText,
  HEADS_MAX,
  hashToSign,
  type TenantHead,
} from '../domain/audit-digest.ts';
import type { SignedHead } from '../domain/audit-digest-chain.ts';
import { digestsEnd } from './audit-end.ts';
import { isHeld, lookAtSigned, tellBroken } from './audit-held.ts';
import { concurrently } from './concurrently.ts';
import type { Clock, Telemetry } from './ports.ts';
import type { AuditDigests, AuditTrail, DigestSigner } from './ports-audit.ts';

export interface DigestDeps {
  readonly auditTrail: Pick<AuditTrail, 'heads' | 'read'>;
  readonly auditDigests: Pick<AuditDigests, 'end' | 'read' | 'append' | 'signed' | 'noteSigned'>;
  readonly digestSigner: DigestSigner;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly telemetry: Pick<Telemetry, 'info' | 'warn' | 'error' | 'count'>;
}

/** A tick may come a little early. */
const EARLY_MS = 10_000;
/** Digests made in one minute: what more has changed comes five minutes later. */
const DIGESTS_MAX = 20;
const WIDTH = 20;

/**
 * Signs where chains end, every five minutes if any has grown and every hour if none has, and looks
 * whether the others still hold what was signed of them; the tick calls it each minute. Of two that do so at the same time one adds the digest. Killed in between,
 * the next digest says the same once more. Whatever it is that keeps anything from being signed,
 * such as a key that cannot be used: after two hours an alarm tells.
 */
export async function signHeads(deps: DigestDeps, outOfTime: () => boolean): Promise<void> {
  const end = await digestsEnd(deps.auditDigests);
  const ageMs = deps.clock.nowMs() - end.atMs + EARLY_MS;
  // One that was made by a clock that ran far ahead must keep nothing from being signed.
  if (Math.abs(ageMs) < DIGEST_EVERY_MS) return;
  // Heads after it: none can be behind what was signed of it.
  const noted = await deps.auditDigests.signed();
  const signed = new Map(noted.map((head) => [head.tenant, head]));
  const grown = (await deps.auditTrail.heads()).filter(({ tenant, seq, hash }) => {
    const known = signed.get(tenant);
    return known?.seq !== seq || known.hash !== hash;
  });
  const sound = await soundOf(deps, grown, signed);
  if (sound.length > 0 || ageMs >= DIGEST_AT_LEAST_MS) await sign(deps, end, sound, outOfTime);
  const seen = new Set(grown.map(({ tenant }) => tenant));
  const others = noted.filter(({ tenant }) => !seen.has(tenant));
  await lookAtSigned(deps, others, outOfTime);
}

/** Of these, those that may be signed. */
async function soundOf(
  deps: DigestDeps,
  heads: readonly TenantHead[],
  signed: ReadonlyMap<string, SignedHead>,
): Promise<readonly TenantHead[]> {
  const sound = await concurrently(heads, WIDTH, (head) =>
    isSound(deps, head, signed.get(head.tenant)),
  );
  return heads.filter((_, i) => sound[i]);
}

/** What is signed stays said: a head that its chain does not hold, or that leaves one out, is not. */
async function isSound(
  { auditTrail, telemetry }: DigestDeps,
  head: TenantHead,
  signed: SignedHead | undefined,
): Promise<boolean> {
  const { tenant } = head;
  const isBack = signed !== undefined && head.seq < signed.seq;
  for (const known of signed === undefined ? [head] : [signed, head]) {
    if (!isBack && (await isHeld(auditTrail, tenant, known))) continue;
    tellBroken(telemetry, { tenant, seq: known.seq, hash: known.hash });
    return false;
  }
  return true;
}

async function sign(
  deps: DigestDeps,
  end: DigestEnd,
  grown: readonly TenantHead[],
  outOfTime: () => boolean,
): Promise<void> {
  const pages = Array.from({ length: Math.ceil(grown.length / HEADS_MAX) || 1 }, (_, page) =>
    grown.slice(page * HEADS_MAX, (page + 1) * HEADS_MAX),
  );
  let last = end;
  for (const heads of pages.slice(0, DIGESTS_MAX)) {
    const made = outOfTime() ? undefined : await addDigest(deps, last, heads);
    if (made === undefined) return await tellIfLate(deps);
    last = made;
  }
}

/** Nothing was signed by this tick; another one may have been faster. */
async function tellIfLate({ auditDigests, clock, telemetry }: DigestDeps): Promise<void> {
  const { number, atMs } = await digestsEnd(auditDigests);
  const ageMs = clock.nowMs() - atMs;
  if (Math.abs(ageMs) <= DIGEST_LATE_MS) return;
  telemetry.warn('audit.late', { seq: number, ...(atMs > 0 && { ageMs }) });
  telemetry.count('AuditDigestsLate');
}

/** The end after it; undefined where another was faster, or the key cannot be used. */
async function addDigest(
  deps: DigestDeps,
  end: DigestEnd,
  heads: readonly TenantHead[],
): Promise<DigestEnd | undefined> {
  const { auditDigests, digestSigner, clock, telemetry } = deps;
  const content = digestAfter(end, heads, digestSigner.key, clock.nowMs());
  const signature = await signatureOf(deps, content, end);
  if (signature === undefined) return undefined;
  const { number } = content;
  const text = digestText({ ...content, signature });
  if ((await auditDigests.append(number, text)) === 'taken') return undefined;
  const made = digestEndAt({ place: number, text });
  // Who keeps the logs knows every digest there has been.
  telemetry.info('audit.signed', { seq: number, hash: made.hash, count: heads.length });
  await concurrently(heads, WIDTH, (head) => auditDigests.noteSigned({ ...head, digest: number }));
  return made;
}

async function signatureOf(
  { digestSigner, clock, telemetry }: DigestDeps,
  content: DigestContent,
  end: DigestEnd,
): Promise<string | undefined> {
  try {
    return await digestSigner.sign(hashToSign(content));
  } catch (error) {
    const ageMs = clock.nowMs() - end.atMs;
    telemetry.warn('audit.unsigned', { seq: end.number, error, ...(end.atMs > 0 && { ageMs }) });
    return undefined;
  }
}
