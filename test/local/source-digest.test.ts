import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sourceDigest } from '../../lib/local/source-digest.ts';
import { tempDir } from './fixtures/temp-dir.ts';

describe('the digest of the sources', () => {
  it('changes with a content, a name, a setting, and with nothing else', async () => {
    const root = await tempDir();
    await mkdir(join(root, 'functions'));
    const file = join(root, 'functions', 'a.ts');
    await writeFile(file, 'one');
    const first = await sourceDigest(root, 'loopback');
    await writeFile(join(root, 'README.md'), 'not a source');
    expect(await sourceDigest(root, 'loopback')).toBe(first);
    expect(await sourceDigest(root, 'strict')).not.toBe(first);
    await writeFile(file, 'two');
    const second = await sourceDigest(root, 'loopback');
    expect(second).not.toBe(first);
    await rename(file, join(root, 'functions', 'b.ts'));
    expect(await sourceDigest(root, 'loopback')).not.toBe(second);
  });
});
