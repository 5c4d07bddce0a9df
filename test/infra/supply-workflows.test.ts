import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly 'runs-on': string;
  readonly 'timeout-minutes'?: number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** Every right to write that a job has, and there are no others. */
const WRITES: Readonly<Record<string, readonly string[]>> = {
  'codeql.yml analyze': ['security-events'],
  'deploy.yml deploy': ['id-token'],
  'release.yml attest': ['attestations', 'id-token'],
  'release.yml publish': ['contents'],
};
const EVENTS = ['pull_request', 'push', 'schedule', 'workflow_dispatch'];
const PINNED = /uses: [\w.-]+(?:\/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;
/** What whoever opens a pull request or starts a run writes must not become part of a script. */
const FOREIGN_TEXT = /\$\{\{[^}]*(?:github\.(?:event|head_ref|ref_name)|inputs\.|steps\.)/;
const COOL_DOWN_DAYS_MIN = 7;

const files = globSync('.github/workflows/*.yml').sort();
const workflows = files.map((file) => {
  const text = readFileSync(file, 'utf8');
  return { name: basename(file), text, workflow: parse(text) as Workflow };
});

describe.each(workflows)('the workflow $name', ({ name, text, workflow }) => {
  const jobs = Object.entries(workflow.jobs);
  const steps = jobs.flatMap(([, job]) => job.steps);

  it('is started by no event that lends secrets to the code of strangers', () => {
    for (const event of Object.keys(workflow.on)) expect(EVENTS).toContain(event);
  });

  it('may do nothing, and each of its jobs no more than it names', () => {
    expect(workflow.permissions).toEqual({});
    for (const [job, { permissions = {} }] of jobs) {
      expect(Object.keys(permissions)).not.toEqual([]);
      const writes = Object.entries(permissions).filter(([, right]) => right !== 'read');
      expect(writes.map(([what]) => what).sort()).toEqual(WRITES[`${name} ${job}`] ?? []);
    }
  });

  it('names every action by its commit, with the version it stands for', () => {
    const lines = text.split('\n').filter((line) => /\buses:/.test(line));
    expect(lines).toHaveLength(steps.filter(({ uses }) => uses !== undefined).length);
    for (const line of lines) expect(line).toMatch(PINNED);
  });

  it('leaves no token in the checked-out folder', () => {
    for (const step of steps.filter(({ uses = '' }) => uses.startsWith('actions/checkout@'))) {
      expect(step.with).toMatchObject({ 'persist-credentials': false });
    }
  });

  it('puts no text of others into a script', () => {
    for (const { run = '' } of steps) expect(run).not.toMatch(FOREIGN_TEXT);
  });

  it('ends in time, on a machine of a known kind that is thrown away', () => {
    for (const [, job] of jobs) {
      expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
      expect(job['runs-on']).toBe('ubuntu-24.04');
    }
  });

  it('installs packages only as the lock file has them', () => {
    for (const { run = '' } of steps) expect(run).not.toMatch(/npm (?:i|install|exec)\b|\bnpx\b/);
  });
});

describe('all workflows', () => {
  it('use one commit of an action, so that an update reaches all its uses', () => {
    const uses = workflows.flatMap(({ text }) => text.match(/uses: .*/g) ?? []);
    expect(uses.length).toBeGreaterThan(0);
    const commits = new Map<string, Set<string>>();
    for (const use of uses) {
      const [action = '', rest = ''] = use.split('@');
      commits.set(action, (commits.get(action) ?? new Set()).add(rest));
    }
    for (const [, found] of commits) expect([...found]).toHaveLength(1);
  });

  it('have their packages audited, signatures checked and bundles built twice', () => {
    const ci = workflows.find(({ name }) => name === 'ci.yml')?.text ?? '';
    expect(ci).toContain('npm audit --omit=dev --audit-level=low');
    expect(ci).toContain('npm audit signatures');
    expect(ci).toContain('diff first.sums second.sums');
  });
});

describe('updates of packages and actions', () => {
  it('are proposed when they have been out for a week', () => {
    const { updates } = parse(readFileSync('.github/dependabot.yml', 'utf8'));
    const ecosystems = updates.map(
      (update: Record<string, unknown>) => update['package-ecosystem'],
    );
    expect(ecosystems.sort()).toEqual(['github-actions', 'npm']);
    for (const { cooldown } of updates) {
      expect(cooldown['default-days']).toBeGreaterThanOrEqual(COOL_DOWN_DAYS_MIN);
    }
  });
});
