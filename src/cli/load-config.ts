import { type Config, loadOperatorConfig } from '../config/operator-config.ts';
import type { CommandInput } from './command.ts';

/** The operator's configuration, with what the command line says on top. @throws RunError CONFIG_INVALID */
export function loadConfig({ host, flags }: CommandInput): Config {
  const { context, 'data-dir': dataDir } = flags;
  return loadOperatorConfig({
    ...host.env,
    ...(typeof context === 'string' ? { GREENROOM_KUBE_CONTEXT: context } : {}),
    ...(typeof dataDir === 'string' ? { GREENROOM_DATA_DIR: dataDir } : {}),
  });
}
