import { GitHubRefusal } from './authenticate.ts';
import { type Call, type Operation, page, pullOf, repositoryOf } from './operation.ts';
import { mergeBaseOf, representCommit, representFile, representPull, representPullSimple } from './represent-pull.ts';
import { repositoryPage, repositoryUrl } from './represent-repository.ts';

const comparedFiles = 300;
const comparedCommits = 250;

/** Pull requests and what they change. */
export const pullOperations: Operation[] = [
  {
    name: 'GET /repos/{owner}/{repo}/pulls',
    for: 'installation or user',
    permissions: ['pull_requests=read'],
    answer(call) {
      const repository = repositoryOf(call);
      const { state = 'open', direction = 'desc' } = call.query;
      const found = call.world.pulls
        .filter((pull) => pull.repository === repository)
        .filter((pull) => state === 'all' || pull.open === (state === 'open'))
        .sort((one, other) => (direction === 'asc' ? one.number - other.number : other.number - one.number));
      const { items, headers } = page(call, found);
      return { status: 200, body: items.map((pull) => representPullSimple(call.world, pull)), headers };
    },
  },
  {
    name: 'GET /repos/{owner}/{repo}/pulls/{pull_number}',
    for: 'installation or user',
    permissions: ['pull_requests=read'],
    answer: async (call) => ({
      status: 200,
      body: await representPull(call.world, pullOf(call, call.params.pull_number)),
    }),
  },
  {
    name: 'GET /repos/{owner}/{repo}/pulls/{pull_number}/files',
    for: 'installation or user',
    permissions: ['pull_requests=read'],
    async answer(call) {
      const pull = pullOf(call, call.params.pull_number);
      const files = await pull.repository.git.differences(await mergeBaseOf(pull), pull.head.sha);
      const { items, headers } = page(call, files);
      return {
        status: 200,
        body: items.map((file) => representFile(call.world, pull.repository, pull.head.sha, file)),
        headers,
      };
    },
  },
  {
    name: 'GET /repos/{owner}/{repo}/compare/{basehead}',
    for: 'installation or user',
    permissions: ['contents=read'],
    answer: async (call) => ({ status: 200, body: await compare(call) }),
  },
];

async function compare(call: Call) {
  const repository = repositoryOf(call);
  const { git } = repository;
  const [baseName = '', headName = ''] = (call.params.basehead ?? '').split('...');
  const base = await git.resolve(baseName);
  const head = await git.resolve(headName);
  if (base === null || head === null) throw new GitHubRefusal(404, 'Not Found');
  const mergeBase = await git.mergeBase(base, head);
  const [ahead, behind] = await Promise.all([git.count(`${mergeBase}..${head}`), git.count(`${mergeBase}..${base}`)]);
  const files = await git.differences(mergeBase, head);
  const commits = await git.log(`${mergeBase}..${head}`, comparedCommits);
  const [baseCommit] = await git.log(base, 1);
  const [mergeBaseCommit] = await git.log(mergeBase, 1);
  if (!baseCommit || !mergeBaseCommit) throw new GitHubRefusal(404, 'Not Found');
  const page = `${repositoryPage(call.world, repository)}/compare/${call.params.basehead}`;
  // The files come with the first page only, and never more than 300 of them.
  const firstPage = Number(call.query.page ?? 1) === 1;
  return {
    url: `${repositoryUrl(call.world, repository)}/compare/${call.params.basehead}`,
    html_url: page,
    permalink_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    base_commit: representCommit(call.world, repository, baseCommit),
    merge_base_commit: representCommit(call.world, repository, mergeBaseCommit),
    status: ahead > 0 ? (behind > 0 ? 'diverged' : 'ahead') : behind > 0 ? 'behind' : 'identical',
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    commits: commits
      .reverse()
      .slice(0, Number(call.query.per_page ?? comparedCommits))
      .map((commit) => representCommit(call.world, repository, commit)),
    files: firstPage
      ? files.slice(0, comparedFiles).map((file) => representFile(call.world, repository, head, file))
      : [],
  };
}
