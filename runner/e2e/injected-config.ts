/** What the generated configuration file calls: see `configSource` in `e2e.ts`. */
import { env } from 'node:process';
import type { PlaywrightTestConfig } from '@playwright/test';
import { tell } from './channel.ts';
import { untilReleased } from './gate.ts';
import { wrapConfig, wrapOptionsFrom } from './wrap-config.ts';

/**
 * A worker loads the configuration too, and is held here: its start, most of a second, is then no longer behind `go`.
 * @param own the repository's configuration module, ES or CommonJS
 */
export async function injectConfig(own: unknown): Promise<PlaywrightTestConfig> {
  const { config, notices, missing } = wrapConfig(defaultExportOf(own), wrapOptionsFrom(env));
  for (const text of notices) tell({ kind: 'notice', text });
  if (missing.length > 0) {
    tell({ kind: 'missing', missing });
    throw new Error(`not in the runner image: ${missing.join(', ')}`);
  }
  if (env.TEST_WORKER_INDEX !== undefined) await untilReleased();
  return config;
}

function defaultExportOf(module: unknown): PlaywrightTestConfig {
  let value = module;
  for (let depth = 0; depth < 3 && isWrapped(value); depth++) value = value.default;
  return (value ?? {}) as PlaywrightTestConfig;
}

function isWrapped(value: unknown): value is { default: unknown } {
  return typeof value === 'object' && value !== null && 'default' in value;
}
