import { readFileSync } from 'node:fs';
import { type App, type Environment, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { BreakwaterStack } from './breakwater-stack.ts';
import type { Egress } from './egress.ts';
import type { CodeOf } from './service-function.ts';
import { settingsOf } from './settings.ts';

/**
 * Adds the stack that the app's context asks for: `stage`, `egress`, `account`, `region`,
 * `targetArns` in place of the stage's own, and `nag`, which `off` leaves the rule packs out for a
 * local run that never deploys.
 */
export function addBreakwater(app: App, codeOf: CodeOf): BreakwaterStack {
  if (app.node.tryGetContext('nag') !== 'off') addRulePacks(app);
  const settings = settingsOf(app.node.tryGetContext('stage') ?? 'dev');
  const targetArns: unknown = app.node.tryGetContext('targetArns') ?? settings.targetArns;
  const egress: Egress = app.node.tryGetContext('egress') ?? 'strict';
  const { version } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  ) as { readonly version: string };
  return new BreakwaterStack(app, `Breakwater-${settings.stage}`, {
    description: 'Breakwater: a gateway for webhooks and integrations',
    env: environmentOf(app),
    terminationProtection: settings.deletionProtection,
    settings,
    egress,
    targetArns,
    codeOf,
    version,
  });
}

/** A finding that no `acknowledge` explains stops the synthesis. */
function addRulePacks(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
}

/** Without account and region in the context the template fits every account and region. */
function environmentOf(app: App): Environment {
  const account: string | undefined = app.node.tryGetContext('account');
  const region: string | undefined = app.node.tryGetContext('region');
  return {
    ...(account === undefined ? {} : { account }),
    ...(region === undefined ? {} : { region }),
  };
}
