import { RunError } from '../errors.ts';
import type { ChangeRef } from '../event/event.ts';
import { ConsoleReporter } from '../report/console.ts';
import type { Run } from '../run/run.ts';
import { VerdictDocument } from '../verdict/verdict-document.ts';
import { callControl } from '../webhook/call-control.ts';
import { changeRun } from './change-run.ts';
import type { CommandInput } from './command.ts';
import { loadConfig } from './load-config.ts';
import { type LocalRunRequest, runLocally } from './local-run.ts';
import { checkArtifacts } from './open-artifacts.ts';
import { withWorkerOrService } from './with-worker-or-service.ts';

/** One run from its request to its document, shown on standard error. @param change null for a working tree */
export async function validate(
  input: CommandInput,
  request: LocalRunRequest,
  change: ChangeRef | null,
): Promise<VerdictDocument> {
  const { host } = input;
  const config = loadConfig(input);
  const { dataDir } = config.service;
  await checkArtifacts(config, host.shutdown);
  const console = new ConsoleReporter({ stream: host.stderr, now: host.now });
  const show = (update: Run) => void console.report(update);
  try {
    return await withWorkerOrService(input, {
      direct: async (worker) => {
        await worker.engine.stage.pullSecret(host.shutdown);
        worker.engine.stage.fences?.knowledge.begin();
        const end = worker.updates.watch(show);
        try {
          if (change !== null) return await changeRun(worker, change, request, host.shutdown);
          return await runLocally(worker.engine, worker.updates, request, host.shutdown);
        } finally {
          end();
        }
      },
      asked: async () => {
        if (change !== null) throw serviceRunsChanges(change);
        const onProgress = (progress: unknown) => show((progress as { run: Run }).run);
        const answer = await callControl(dataDir, 'run', request, { signal: host.shutdown, onProgress });
        return VerdictDocument.parse(answer);
      },
    });
  } finally {
    console.close();
  }
}

function serviceRunsChanges({ repository, number }: ChangeRef): RunError {
  return new RunError(`running "${repository}#${number}" beside a Greenroom that serves`, {
    code: 'SERVICE_RUNS_CHANGES',
    remedy: 'fix-input',
    hint: 'Ask for it with a comment "/greenroom redeploy" on the change, or name the folder of a working tree.',
  });
}
