import { Hono } from 'hono';
import { dashboardAccess } from '../../src/cli/dashboard-access.ts';
import { openForges } from '../../src/cli/open-forges.ts';
import { loadOperatorConfig } from '../../src/config/operator-config.ts';
import { createDashboard } from '../../src/dashboard/dashboard.ts';
import { KnownSecrets } from '../../src/forge/known-secrets.ts';
import { silentLog } from '../../src/log.ts';
import { artifactFolder } from '../../src/store/artifact-folder.ts';
import { serve } from '../../src/webhook/serve.ts';
import { freePort } from '../free-port.ts';
import { openQuickStore } from '../store/quick-store.ts';
import { begun, redDocument } from './sample-documents.ts';
import { storeRun } from './stored-run.ts';

export interface ServedDashboard {
  url: string;
  close(): Promise<void>;
}

/** The dashboard as `serve` has it by these variables, with a run of each repository: `/runs/<name after the slash>`. */
export async function serveDashboard(
  variables: () => Record<string, string>,
  repositories: readonly string[],
  /** Before the variables are read, when the address is known. */
  prepare: (url: string) => Promise<void> = async () => undefined,
): Promise<ServedDashboard> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const log = silentLog();
  await prepare(url);
  const config = loadOperatorConfig({
    HOME: '/home/me',
    GREENROOM_PUBLIC_URL: url,
    // Reached from elsewhere: nobody is let in for being on this machine.
    GREENROOM_HOST: '0.0.0.0',
    ...variables(),
  });
  const store = await openQuickStore(() => new Date(begun));
  for (const [index, repository] of repositories.entries()) {
    const document = redDocument();
    const run = { ...document.run, repository, change: index + 1 };
    await storeRun(store, repository.split('/').at(-1) ?? '', { ...document, run });
  }
  const access = dashboardAccess(config, openForges(config, log, new KnownSecrets()));
  const dashboard = createDashboard({ store, artifacts: artifactFolder('/nonexistent'), access, log });
  const served = await serve(new Hono().route('/', dashboard), { host: '127.0.0.1', port });
  return {
    url,
    async close() {
      await served.close();
      await store.close();
    },
  };
}
