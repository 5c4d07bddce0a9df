import { describe, expect, it } from 'vitest';
import { checkAddresses, checkUrl, type EgressPolicy } from '../../lib/domain/egress.ts';
import { classifyAddress } from '../../lib/domain/egress-addresses.ts';
import {
  anyAddress,
  deniedAddress,
  deniedIpv6Groups,
  deniedUrl,
  dice,
  embeddings,
  ipv6Text,
  isDenied,
} from './egress-spellings.ts';

/** Texts of denied addresses, each judged as at dial. */
const ADDRESSES = 1_000_000;
/** URLs of denied addresses, each judged as at registration. */
const URLS = 300_000;
const PUBLIC = 200_000;
const CPU_MS_MAX = 60_000;
/** A machine that does other things meanwhile takes longer than the CPU time says. */
const WAIT = { timeout: 300_000 };

/** A new one each run; a run that fails says which, to be set here by hand. */
const SEED = Date.now() >>> 0;
const STRICT: EgressPolicy = { mode: 'strict', ownHosts: [] };

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

describe(`with seed ${SEED}`, () => {
  it(`none of ${ADDRESSES} spellings of denied addresses may be connected to`, WAIT, () => {
    const roll = dice(SEED);
    const startedMs = cpuMs();
    const allowed: string[] = [];
    let judged = 0;
    const judge = (text: string) => {
      judged++;
      if (checkAddresses([text], 'public').ok) allowed.push(text);
    };
    while (judged < ADDRESSES) {
      const bytes = deniedAddress(roll);
      judge(bytes.join('.'));
      for (const text of embeddings(roll, bytes)) judge(text);
      judge(ipv6Text(roll, deniedIpv6Groups(roll)));
    }
    const spentMs = cpuMs() - startedMs;
    expect(allowed).toEqual([]);
    expect(spentMs).toBeLessThan(CPU_MS_MAX);
    print(`${judged} spellings of denied addresses: 0 allowed, ${Math.round(spentMs)} ms of CPU`);
  });

  it(
    `none of ${URLS} URLs that mean a denied address to some parser may be registered`,
    WAIT,
    () => {
      const roll = dice(SEED + 1);
      const startedMs = cpuMs();
      const allowed: string[] = [];
      const reasons = new Map<string, number>();
      for (let at = 0; at < URLS; at++) {
        const url = deniedUrl(roll, deniedAddress(roll));
        const checked = checkUrl(url, STRICT);
        if (checked.ok) allowed.push(url);
        else reasons.set(checked.reason, (reasons.get(checked.reason) ?? 0) + 1);
      }
      const spentMs = cpuMs() - startedMs;
      expect(allowed).toEqual([]);
      // Each kind of spelling is really among them.
      for (const reason of ['address_not_public', 'host_not_canonical', 'url_malformed']) {
        expect(reasons.get(reason)).toBeGreaterThan(URLS / 50);
      }
      expect(spentMs).toBeLessThan(CPU_MS_MAX);
      const list = [...reasons].map(([reason, count]) => `${reason} ${count}`).join(', ');
      print(
        `${URLS} URLs of denied addresses: 0 allowed (${list}), ${Math.round(spentMs)} ms of CPU`,
      );
    },
  );

  it(
    `all of ${PUBLIC} public addresses may be connected to, and registered as they stand`,
    WAIT,
    () => {
      const roll = dice(SEED + 2);
      const refused: string[] = [];
      let judged = 0;
      while (judged < PUBLIC) {
        const bytes = anyAddress(roll);
        const v6 = publicIpv6(roll);
        const texts = isDenied(bytes) ? [v6] : [v6, bytes.join('.')];
        for (const text of texts) {
          judged++;
          const host = text.includes(':') ? new URL(`https://[${text}]`).hostname : text;
          const isFine =
            classifyAddress(text) === 'public' && checkUrl(`https://${host}/`, STRICT).ok;
          if (!isFine) refused.push(text);
        }
      }
      expect(refused).toEqual([]);
      print(`${judged} public addresses: 0 refused`);
    },
  );
});

/** Of the blocks that the registries have handed out; nothing of theirs may be refused. */
const HANDED_OUT = [0x2400, 0x2600, 0x2800, 0x2a00, 0x2c00, 0x2003, 0x2620, 0x2a10];

function publicIpv6(roll: () => number): string {
  const groups = Array.from({ length: 8 }, () => roll() & 0xffff);
  groups[0] = HANDED_OUT[roll() % HANDED_OUT.length] ?? 0x2600;
  // Not an ISATAP address by chance.
  groups[5] = 0x1234;
  return ipv6Text(roll, groups);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
