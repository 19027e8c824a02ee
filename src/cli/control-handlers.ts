import { z } from 'zod';
import type { Forge } from '../forge/forge.ts';
import { isOfWorkingTree } from '../run/run.ts';
import { sweepEnvironments } from '../runner/sweep-environments.ts';
import { liveRuns, recentRuns } from '../store/runs.ts';
import type { ControlHandler, ControlVerb } from '../webhook/control-socket.ts';
import { runLocally } from './local-run.ts';
import type { OpenService } from './open-service.ts';
import { tearDownNamed } from './tear-down-named.ts';

const LocalRun = z.object({
  path: z.string(),
  base: z.string().nullable(),
  suites: z.array(z.string()).nullable(),
  keepMs: z.number().nullable(),
});

/** What the command line may ask of a Greenroom that serves (the process that holds the store does the work). */
export function controlHandlers(service: OpenService, forge: Forge | null): Record<ControlVerb, ControlHandler> {
  const { engine, updates, store } = service;
  return {
    async run(body, say, signal) {
      const request = LocalRun.parse(body);
      const end = updates.watch((run) => {
        if (isOfWorkingTree(run)) say({ run });
      });
      try {
        return await runLocally(engine, updates, { ...request, trigger: 'local' }, signal);
      } finally {
        end();
      }
    },
    async teardown(body, say) {
      const { target, stripFinalizers } = z.object({ target: z.string(), stripFinalizers: z.boolean() }).parse(body);
      return tearDownNamed(service, { target, stripFinalizers }, (line) => say(line));
    },
    async sweep(body, say, signal) {
      const wishes = z.object({ dryRun: z.boolean(), stripFinalizers: z.boolean() }).parse(body);
      return sweepEnvironments(engine.player, forge, { ...wishes, onLine: (line) => say(line) }, signal);
    },
    async status() {
      const live = await liveRuns(store);
      const recent = await recentRuns(store, 10);
      return { url: service.url, live: live.map((run) => run.document), recent: recent.map((run) => run.document) };
    },
  };
}
