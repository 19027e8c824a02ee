import { readFileSync } from 'node:fs';
import { Config } from '@pulumi/pulumi/config.js';
import { environmentProgram } from './environment-program.ts';
import type { EnvironmentSpec } from './environment-spec.ts';

/**
 * Entry for `pulumi preview` by hand: `pulumi config set spec ./spec.json` names the document that Greenroom writes for a run
 * (`kubeconfig` and `context` say where; without them the provider looks where kubectl does).
 */
const config = new Config('greenroom');
const spec = JSON.parse(readFileSync(config.require('spec'), 'utf8')) as EnvironmentSpec;

export const outputs = environmentProgram(spec, {
  kubeconfigPath: config.get('kubeconfig') ?? null,
  context: config.get('context') ?? '',
});
