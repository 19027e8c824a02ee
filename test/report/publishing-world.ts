import type { CheckReport, DeploymentReport } from '../../src/forge/forge.ts';
import { type ForgeMemory, ForgePublisher } from '../../src/report/publish-to-forge.ts';
import type { Newest } from '../../src/report/who-speaks.ts';
import type { Run } from '../../src/run/run.ts';
import { context } from './builders.ts';

const noop = () => undefined;

/** A forge and a store that keep what they are told. */
export function aWorld(part: { newest?: Newest; siblings?: Run[]; deploys?: boolean } = {}) {
  const checks: { id: string; given: string | null; check: CheckReport }[] = [];
  const comments: { id: string; given: string | null; body: string }[] = [];
  const knownChecks = new Map<string, Parameters<ForgeMemory['rememberCheck']>[0]>();
  const knownComments = new Map<string, string>();
  const deployments: { given: string | null; deployment: DeploymentReport }[] = [];
  const knownDeployments = new Map<string, { forgeId: string; state: string }>();
  const state: {
    now: number;
    broken: boolean;
    refusesComments: boolean;
    isCommentClaimed: boolean;
    /** How often a claim was given back. */
    claimsLeft: number;
    hasGoneOn: boolean;
    newest: Newest | null;
    /** When a request's turn has come, and whenever the rows are looked at. */
    onTurn: () => Promise<void>;
    onLook: () => void;
  } = {
    now: 0,
    broken: false,
    refusesComments: false,
    isCommentClaimed: false,
    claimsLeft: 0,
    hasGoneOn: false,
    newest: part.newest ?? null,
    onTurn: () => Promise.resolve(),
    onLook: noop,
  };
  const pauses: { ms: number; signal: AbortSignal; end: () => void }[] = [];
  const problems: unknown[] = [];
  const memory: ForgeMemory = {
    checkOf: async ({ repository, sha, name }) => knownChecks.get(`${repository} ${sha} ${name}`) ?? null,
    rememberCheck: async (check) => knownChecks.set(`${check.repository} ${check.sha} ${check.name}`, check),
    openChecks: async ({ headSha, generation }) =>
      [...knownChecks.values()].filter(
        (check) => check.sha === headSha && check.generation < generation && check.conclusion === null,
      ),
    commentOf: async (changeId) => knownComments.get(changeId) ?? null,
    isCommentBegun: async () => state.isCommentClaimed,
    claimComment: async () => (state.isCommentClaimed ? null : new Date(0)),
    leaveComment: async () => {
      state.claimsLeft += 1;
    },
    rememberComment: async (changeId, { commentId }) => {
      if (commentId !== null) knownComments.set(changeId, commentId);
    },
    deploymentOf: async (runId) => knownDeployments.get(runId) ?? null,
    rememberDeployment: async (runId, deployment) => knownDeployments.set(runId, deployment),
    newest: async () => {
      state.onLook();
      return state.newest;
    },
    hasGoneOn: async () => state.hasGoneOn,
    siblings: async () => part.siblings ?? [],
  };
  const publisher = new ForgePublisher({
    forge: {
      putCheck: async (_, given, check, __, mayBegin) => {
        await state.onTurn();
        await mayBegin?.();
        if (state.broken) throw new Error('the forge is away');
        const id = given ?? `check-${checks.length + 1}`;
        checks.push({ id, given, check });
        return id;
      },
      putComment: async (_, given, __, body, ___, mayBegin) => {
        await state.onTurn();
        await mayBegin?.();
        if (state.refusesComments) throw new Error('no comments');
        const id = given ?? 'comment-1';
        comments.push({ id, given, body });
        return id;
      },
      putDeployment: async (_, given, deployment) => {
        if (state.broken && part.deploys) throw new Error('the forge is away');
        if (!part.deploys) return null;
        deployments.push({ given, deployment });
        return 'deployment-1';
      },
    },
    memory,
    context: () => context,
    onProblem: (_, error) => problems.push(error),
    now: () => state.now,
    pause: (ms, signal) =>
      new Promise((end) => {
        pauses.push({ ms, signal, end });
        signal.addEventListener('abort', () => end());
      }),
  });
  return { publisher, memory, checks, comments, deployments, knownComments, state, pauses, problems };
}
