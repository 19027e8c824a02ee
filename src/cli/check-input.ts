import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config/operator-config.ts';
import { RunError } from '../errors.ts';
import { newRunFor } from '../runner/new-run-for.ts';
import { configFile, readPlan } from '../runner/read-plan.ts';
import { renderChecked } from '../runner/render-checked.ts';
import { isInputCode } from './exit-code-of-document.ts';
import type { LocalRunRequest } from './local-run.ts';
import { openWorkingTree } from './working-tree.ts';

export interface InputCheck {
  request: LocalRunRequest;
  limits: Config['limits'];
  now: Date;
}

/**
 * What is wrong with a working tree's own files, told before a cluster is brought up for it. The run reads them once more.
 * @throws RunError NO_SUCH_FOLDER, UNKNOWN_BASE, CONFIG_MISSING, CONFIG_INVALID, UNKNOWN_SUITE, APPLICATION_INVALID (fix-input)
 */
export async function checkInput({ request, limits, now }: InputCheck, signal: AbortSignal): Promise<void> {
  const { repository, headSha, baseSha, source } = await openWorkingTree(request.path, request.base, signal);
  const subject = { repository, number: null, headSha, baseSha, trusted: true };
  const run = newRunFor(subject, { trigger: request.trigger, onlySuites: request.suites, now })(1);
  const reading = await readPlan(source, run, null, signal);
  if (reading.kind === 'gate' && isInputCode(reading.failure.code)) {
    const { failure, problems = [] } = reading;
    const what = problems.length > 0 ? `${problems.length} of its lines cannot be used` : failure.message;
    throw new RunError(`reading "${join(request.path, configFile)}": ${what}`, {
      code: failure.code,
      remedy: 'fix-input',
      hint: failure.remedy,
      problems,
    });
  }
  if (reading.kind !== 'run') return;
  const tree = await mkdtemp(join(tmpdir(), 'greenroom-input-'));
  try {
    // Services are in greenroom.yaml itself: only other sources need the files.
    if (!reading.plan.config.application.services) await source.fetchTree(tree, signal);
    // Nobody asks the cluster yet: what the operator has put up is the run's to find out.
    await renderChecked({ config: reading.plan.config, tree, ceilings: limits, putUp: null, restricted: null });
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}
