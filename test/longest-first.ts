import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take the longest, so that at the end nobody waits for one of them alone. */
const LONGEST = [
  'e2e/faults-sdk',
  'e2e/kill',
  'e2e/faults',
  'e2e/readme',
  'e2e/inbound',
  'e2e/outage',
  'contracts/contracts',
  'simulation/crash/all-flows',
  'simulation/crash/long-flows',
].map((name) => `/test/${name}.test.ts`);

/** The usual order, which goes by size where nothing was measured yet, but for those that are known. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return at === -1 ? LONGEST.length : at;
    };
    const group = ({ project }: TestSpecification) => project.config.sequence.groupOrder;
    const usual = await super.sort(files);
    return usual.toSorted((a, b) => group(a) - group(b) || rank(a) - rank(b));
  }
}
