import { appendFile, cp } from 'node:fs/promises';
import { join } from 'node:path';
import { readAssembly } from '../../lib/local/assembly.ts';
import { sharedAssembly } from './assembly.ts';

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Properties: { readonly Code: { readonly S3Key: string } } }>
  >;
}

/**
 * The assembly copied into `dir`, with code behind each function named that may make it die:
 * `kill` is the body of `(event, phase)`, run before and after the handler, true for death.
 */
export async function faultyAssembly(
  dir: string,
  kill: Readonly<Record<'Api' | 'Publish' | 'Deliver', string>>,
): Promise<string> {
  await cp(await sharedAssembly(), dir, { recursive: true });
  const { template, codeFolder } = await readAssembly(dir);
  for (const [id, { Properties }] of Object.entries((template as Template).Resources)) {
    const [, name] = /^Functions(Api|Publish|Deliver)[0-9A-F]{8}$/.exec(id) ?? [];
    if (name === undefined || Properties.Code === undefined) continue;
    const body = kill[name as keyof typeof kill];
    await appendFile(join(codeFolder(Properties.Code), 'index.js'), dying(body));
  }
  return dir;
}

const dying = (body: string) => `
{
  const { handler } = module.exports;
  const dies = (event, phase) => { ${body} };
  module.exports = {
    async handler(event, context) {
      if (dies(event, 'before')) process.exit(1);
      const result = await handler(event, context);
      if (dies(event, 'after')) process.exit(1);
      return result;
    },
  };
}
`;
