import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitHubStandIn } from '../forge/github-stand-in/start-github-stand-in.ts';
import { changeIdOf } from '../run/change-id.ts';
import type { Run } from '../run/run.ts';
import { runsOfChange } from '../store/runs.ts';
import { teardownOf } from '../store/teardowns.ts';
import type { Phase } from '../verdict/verdict-document.ts';
import { checkBreakName } from './break-names.ts';
import { repositoryDir } from './open-machine.ts';
import type { OpenService } from './open-service.ts';

export interface DemoCheck {
  name: string;
  status: string;
  conclusion: string | null;
  title: string;
}

/** The pull request of the demo, as its author sees it. */
export interface DemoChange {
  number: number;
  page: string;
  head(): string;
  /** Resolves when the run of this generation is done, teardown included. */
  verdict(generation: number): Promise<Run>;
  /** Resolves when the run of this generation enters a phase. */
  phase(generation: number, phase: Phase): Promise<Run>;
  comment(body: string): Promise<string>;
  commentAs(user: string, body: string): Promise<string>;
  /** Commits to the change's branch. @returns the new head */
  push(files: Record<string, string>): Promise<string>;
  comments(): { body: string; viaApp: boolean }[];
  checks(): DemoCheck[];
  checksOf(sha: string): DemoCheck[];
  /** From the first delivery of the newest run to the last edit of the comment at its verdict; null before. */
  toldAfterMs(): number | null;
  /** Closes it, and resolves with what is left to say once every receipt is there. */
  close(): Promise<string[]>;
}

const shop = join(repositoryDir, 'examples', 'shop');

export interface DemoChangeOptions {
  /** Null: a change that is fine. */
  breakName: string | null;
  /** One that the stand-in does not have yet. */
  repositoryName: string;
  signal: AbortSignal;
}

/** Makes the shop's repository and opens a pull request in it. @throws RunError UNKNOWN_BREAK (fix-input) */
export async function openDemoChange(
  github: GitHubStandIn,
  service: OpenService,
  { breakName, repositoryName, signal }: DemoChangeOptions,
): Promise<DemoChange> {
  const push = await pushOf(breakName);
  const repository = await github.createRepository(repositoryName, { fromFolder: shop });
  const branch = breakName ?? 'better-basket';
  await repository.pushTo(branch, { user: 'ada', message: push.title, ...push.changes });
  const { updates, store } = service;
  let startedAt = performance.now();
  let toldAt: number | null = null;
  const seen = new Map<number, Run>();
  const end = updates.watch((run) => {
    if (run.repository === repository.fullName) seen.set(run.generation, run);
    // The verdict is reported, comment included, before the teardown begins.
    if (run.phase === 'teardown' && toldAt === null) toldAt = performance.now();
  });
  const number = await repository.openPullRequest({ title: push.title, user: 'ada', head: branch });
  const changeId = changeIdOf(repository.fullName, number);
  return {
    number,
    page: repository.pageUrl(number),
    head: () => repository.pull(number).head.sha,
    async verdict(generation) {
      const known = seen.get(generation);
      if (known?.phase === 'done') return known;
      return updates.until(
        (run) => run.changeId === changeId && run.generation === generation && run.phase === 'done',
        signal,
      );
    },
    phase: (generation, phase) =>
      updates.until((run) => run.changeId === changeId && run.generation === generation && run.phase === phase, signal),
    async comment(body) {
      if (body.includes('redeploy')) {
        startedAt = performance.now();
        toldAt = null;
      }
      return repository.comment(number, 'ada', body);
    },
    commentAs: (user, body) => repository.comment(number, user, body),
    push: (files) => repository.pushTo(branch, { user: 'ada', message: 'Go on', files }),
    comments: () => repository.commentsOf(number),
    checks: () => newestByName(repository.checksOf(repository.pull(number).head.sha)),
    checksOf: (sha) => newestByName(repository.checksOf(sha)),
    toldAfterMs: () => (toldAt === null ? null : toldAt - startedAt),
    async close() {
      await repository.close(number, 'ada');
      await github.settled();
      const runs = await runsOfChange(store, changeId);
      const lines: string[] = [];
      for (const run of runs.reverse()) lines.push(await receiptLine(service, run, signal));
      end();
      return lines;
    },
  };
}

async function receiptLine({ store, updates }: OpenService, run: Run, signal: AbortSignal): Promise<string> {
  let teardown = await teardownOf(store, run.id);
  if (teardown?.state !== 'gone') {
    await updates.until((update) => update.id === run.id && update.document.teardown.status === 'gone', signal);
    teardown = await teardownOf(store, run.id);
  }
  const { created = 0, gone = 0 } = teardown?.receipt?.resources ?? {};
  return `receipt of ${run.id}: ${teardown?.receipt?.status ?? 'none'}, ${gone} of ${created} objects proven gone`;
}

interface DemoPush {
  title: string;
  changes: { patch: string } | { files: Record<string, string> };
}

async function pushOf(breakName: string | null): Promise<DemoPush> {
  if (breakName === null) {
    return {
      title: 'Say how the basket works',
      changes: { files: { 'NEWS.md': '# News\n\nThe basket keeps what you chose.\n' } },
    };
  }
  checkBreakName(breakName);
  const patch = await readFile(join(shop, 'breaks', `${breakName}.patch`), 'utf8');
  return { title: `Demo: ${breakName}`, changes: { patch } };
}

function newestByName<C extends { name: string; title: string | null }>(checks: C[]): (C & { title: string })[] {
  const newest = new Map(checks.map((check) => [check.name, { ...check, title: check.title ?? '' }]));
  return [...newest.values()];
}
