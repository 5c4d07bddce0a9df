import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { addBreakwater } from './add-breakwater.ts';
import { bundledCode } from './service-function.ts';

// The flags of cdk.json as defaults, so that `node infra/app.ts` alone makes the same template.
const { context } = JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8'));

addBreakwater(new App({ context, analyticsReporting: false }), bundledCode);
