import { sql } from 'kysely';
import * as admission from '../../../src/store/admission.ts';
import { approvalOf, approvalsOf, approve, dropApprovals } from '../../../src/store/approvals.ts';
import { requestCancel } from '../../../src/store/cancel.ts';
import * as changes from '../../../src/store/changes.ts';
import { checkOf, checksOfSha, rememberCheck, unconcludedChecks } from '../../../src/store/checks.ts';
import * as teardownClaims from '../../../src/store/claim-teardown.ts';
import { countAll } from '../../../src/store/counts.ts';
import { createRun } from '../../../src/store/create-run.ts';
import * as deliveries from '../../../src/store/deliveries.ts';
import { setExpiry } from '../../../src/store/expiry.ts';
import { isCommentHandled } from '../../../src/store/handled-comments.ts';
import * as keep from '../../../src/store/keep.ts';
import { keptRuns } from '../../../src/store/kept-runs.ts';
import { claimableRuns, claimRun, type Hold, releaseRun, renewLease } from '../../../src/store/leases.ts';
import { appendLog, readLog } from '../../../src/store/run-log.ts';
import type { StoredRun } from '../../../src/store/run-row.ts';
import * as runs from '../../../src/store/runs.ts';
import { saveRun } from '../../../src/store/save-run.ts';
import type { Tx } from '../../../src/store/store.ts';
import * as teardowns from '../../../src/store/teardowns.ts';
import { untoldRuns } from '../../../src/store/untold-runs.ts';
import { shaA, shaB, wantedRun } from '../../store/sample-run.ts';

/** What one side of a comparison remembers between operations, as a worker would. */
export interface Memory {
  claims: Map<string, { run: StoredRun; hold: Hold }>;
  teardowns: Map<string, teardownClaims.TeardownHold>;
  /** The last line read of each run's log: numbers differ between engines. */
  readUpTo: Map<string, number>;
}

/** Three numbers choose what an operation is about; the answer is compared between two stores. */
type Operation = (tx: Tx, memory: Memory, a: number, b: number, c: number) => Promise<unknown>;

const repository = 'acme/shop';
const texts = ['plain', 'half a pair \ud800', 'nul \u0000', 'ünïcode 🐢', '', "quote ' and \\u0000", '{"a":[1,2.5]}'];
const phases = ['queued', 'image', 'provisioning', 'testing', 'reporting', 'teardown', 'done'] as const;
const conclusions = [null, 'success', 'failure', 'cancelled'];

const pick = <T>(of: readonly T[], index: number): T => of[index % of.length] as T;
const runId = (a: number) => `r${a % 5}`;
const changeNumber = (a: number) => 7 + (a % 3);
const sha = (a: number) => pick([shaA, shaB], a);
const owner = (a: number) => pick(['a', 'b', 'c'], a);
const deliveryId = (a: number) => `d${a % 4}`;
const later = (tx: Tx, a: number) => new Date(tx.now.getTime() + (a % 10) * 7_000);
const sorted = <T>(items: T[]): T[] =>
  items.toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
/** One of all claims that were ever made, so that old fences come up as well. */
const heldClaim = ({ claims }: Memory, a: number) => [...claims.values()][a % Math.max(1, claims.size)];

const heldTeardown = ({ teardowns }: Memory, a: number) => [...teardowns.values()][a % Math.max(1, teardowns.size)];

function delivery(tx: Tx, a: number, b: number) {
  const event = { kind: 'other' as const, name: pick(texts, b), why: pick(texts, a + b) };
  return { id: deliveryId(a), forge: 'github' as const, name: pick(texts, b), receivedAt: tx.now.toISOString(), event };
}

function room(a: number, b: number) {
  return { capacity: { millicores: a * 200, bytes: 2 ** 31, pods: 20 }, mostEnvironments: b % 4 };
}

function receipt(a: number, b: number) {
  const status = pick(['gone', 'gone', 'blocked', 'kept', 'pending'] as const, a);
  const resources = { created: a % 20, gone: b % 20 };
  return { status, durationMs: a % 2 === 0 ? null : b + 0.5, resources, blockedBy: [pick(texts, b)], list: texts };
}

/** Everything that the store does, in words of numbers. Lists that the store leaves unordered are sorted. */
export const operations: Readonly<Record<string, Operation>> = {
  create: async (tx, _memory, a, b, c) => {
    const over = { change: changeNumber(b), headSha: sha(c), expiresAt: later(tx, c).toISOString() };
    const wanted = wantedRun(runId(a), c % 5 === 0 ? { ...over, onlySuites: texts } : over);
    const made = await createRun(tx, { ...wanted, author: owner(c) });
    return { ...made, superseded: sorted(made.superseded) };
  },
  claim: async (tx, memory, a, b) => {
    const claim = await claimRun(tx, runId(a), owner(b));
    if (claim !== null) memory.claims.set(`${runId(a)} ${owner(b)}`, claim);
    return claim;
  },
  renew: async (tx, memory, a) => {
    const claim = heldClaim(memory, a);
    return claim && (await renewLease(tx, claim.hold, tx.now));
  },
  release: async (tx, memory, a) => {
    const claim = heldClaim(memory, a);
    return claim && (await releaseRun(tx, claim.hold));
  },
  askForRoom: async (tx, memory, a, b) => {
    const claim = heldClaim(memory, a);
    if (claim === undefined) return undefined;
    const demand = { millicores: b * 100, bytes: b * 2 ** 24, pods: b % 7 };
    return await admission.askForRoom(tx, claim.hold, demand, room(a, b));
  },
  admit: (tx, _memory, a, b) => admission.admitWaiting(tx, room(a, b)),
  save: async (tx, memory, a, b, c) => {
    const claim = heldClaim(memory, a);
    if (claim === undefined) return undefined;
    const document = {
      ...claim.run.document,
      reason: pick(texts, c),
      ...{ [pick(texts, c)]: { deep: [c / 3, null, true] } },
    };
    return await saveRun(
      tx,
      { ...claim.run, phase: b % 3 === 0 ? 'done' : pick(phases, c), baseSha: sha(c), document },
      claim.hold,
    );
  },
  /** As it would come without `asJson`; a backslash that is escaped itself is harmless. */
  saveRaw: async (tx, _memory, a, b) => {
    // A value that is stored nowhere is read by PostgreSQL alone.
    if ((await runs.runById(tx, runId(a))) === null) return;
    const json = pick(['["nul \\u0000"]', '["backslash \\\\u0000"]', '["broken"', '[1e2, "\\u00fc"]'], b);
    await tx.db
      .updateTable('runs')
      .set({ only_suites: sql`${json}::jsonb` })
      .where('id', '=', runId(a))
      .execute();
  },
  cancel: (tx, _memory, a, b) => requestCancel(tx, runId(a), pick(['closed', 'commanded', 'shutdown'] as const, b)),
  accept: async (tx, _memory, a, b, c) => {
    const each = [delivery(tx, a, b), delivery(tx, a + 1, c)];
    return sorted([...(await deliveries.insertDeliveries(tx, each))]);
  },
  claimDelivery: (tx, _memory, a) => deliveries.claimDelivery(tx, deliveryId(a), 15_000),
  finishDelivery: (tx, _memory, a) => deliveries.finishDelivery(tx, deliveryId(a)),
  postponeDelivery: (tx, _memory, a, b, c) =>
    deliveries.postponeDelivery(tx, deliveryId(a), {
      retryAt: later(tx, b),
      reason: pick(texts, c),
      isRefusal: c % 2 === 0,
    }),
  claimComment: (tx, _memory, a) => deliveries.claimComment(tx, repository, String(a % 4)),
  isCommentHandled: (tx, _memory, a) => isCommentHandled(tx, repository, String(a % 4)),
  lockChange: (tx, _memory, a, b) => {
    // Now and then a working tree, which has no number, or another id for a number that is taken.
    if (b % 5 === 0) return changes.lockChange(tx, { id: 'local', repository, number: null });
    const id = b % 7 === 0 ? `other-${changeNumber(a)}` : `change-${changeNumber(a)}`;
    return changes.lockChange(tx, { id, repository, number: changeNumber(a) });
  },
  rememberComment: (tx, _memory, a, b) =>
    changes.rememberComment(tx, `change-${changeNumber(a)}`, {
      commentId: b % 3 === 0 ? null : String(b),
      generation: b % 4,
      said: b % 2 === 0 ? null : 'gone',
    }),
  rememberHead: (tx, _memory, a, b) => changes.rememberHead(tx, `change-${changeNumber(a)}`, sha(b)),
  observeChange: (tx, _memory, a, b) => {
    const seen = { closed: b % 2 === 0, draft: b % 3 === 0, baseRef: pick(texts.slice(3), b) };
    return changes.observeChange(tx, `change-${changeNumber(a)}`, seen);
  },
  rememberCheck: (tx, _memory, a, b, c) =>
    rememberCheck(tx, {
      repository,
      sha: sha(a),
      name: pick(['greenroom', 'greenroom/load'], b),
      forgeId: String(c),
      changeId: `change-${changeNumber(c)}`,
      runId: runId(b),
      generation: b % 4,
      conclusion: pick(conclusions, c),
    }),
  approve: (tx, _memory, a, b, c) =>
    approve(tx, {
      repository,
      sha: sha(a),
      changeId: `change-${changeNumber(b)}`,
      kind: pick(['fork', 'gate'], c),
      approvedBy: owner(c),
    }),
  dropApprovals: (tx, _memory, a, b) => dropApprovals(tx, `change-${changeNumber(a)}`, b % 3 === 0 ? null : sha(b)),
  claimTeardown: async (tx, memory, a, b) => {
    const claim = await teardownClaims.claimTeardown(tx, runId(a), owner(b));
    if (claim !== null) memory.teardowns.set(`${runId(a)} ${owner(b)}`, claim.hold);
    return claim;
  },
  renewTeardown: async (tx, memory, a) => {
    const hold = heldTeardown(memory, a);
    return hold && [await teardownClaims.holdsTeardown(tx, hold), await teardownClaims.renewTeardown(tx, hold)];
  },
  releaseTeardown: async (tx, memory, a) => {
    const hold = heldTeardown(memory, a);
    return hold && (await teardownClaims.releaseTeardown(tx, hold));
  },
  allowStripping: (tx, _memory, a) => teardowns.allowStripping(tx, runId(a)),
  hastenTeardown: (tx, _memory, a) => teardowns.hastenTeardown(tx, runId(a)),
  recordKept: async (tx, memory, a, b) => {
    const claim = heldClaim(memory, a);
    return claim && (await keep.recordKept(tx, claim.hold, later(tx, b)));
  },
  endKept: (tx, _memory, a) => teardowns.endKept(tx, runId(a)),
  reopenTeardown: (tx, _memory, a) => teardowns.reopenTeardown(tx, runId(a)),
  saveReceipt: (tx, _memory, a, b, c) => teardowns.saveReceipt(tx, runId(a), receipt(b, c), later(tx, c)),
  keep: (tx, _memory, a, b, c) => keep.keepEnvironment(tx, runId(a), { forMs: b * 7_000, mostMs: c * 7_000 }),
  setExpiry: (tx, _memory, a, b, c) => setExpiry(tx, runId(a), { forMs: b * 7_000, mostMs: c * 7_000 }),
  appendLog: (tx, _memory, a, b, c) => {
    const lines = Array.from({ length: (c % 3) + 1 }, (_, index) => ({
      at: later(tx, index).toISOString(),
      source: owner(b),
      line: pick(texts, b + index),
    }));
    return appendLog(tx, a % 11 === 0 ? 'unknown' : runId(a), lines);
  },
  readLog: async (tx, memory, a, b) => {
    const lines = await readLog(tx, runId(a), { afterSeq: memory.readUpTo.get(runId(a)) ?? 0, limit: (b % 5) + 1 });
    const last = lines.at(-1);
    if (last !== undefined) memory.readUpTo.set(runId(a), last.seq);
    return lines.map(({ at, source, line }) => ({ at, source, line }));
  },
  forget: async (tx, _memory, a) => {
    const ids = await runs.runsFinishedBefore(tx, later(tx, a + 1));
    await runs.forgetRuns(tx, ids, later(tx, a));
    return sorted(ids);
  },
  readRuns: async (tx, _memory, a, b) => [
    await runs.runById(tx, runId(a)),
    await runs.liveRuns(tx),
    await runs.liveRuns(tx, `change-${changeNumber(a)}`),
    await runs.runsOfChange(tx, `change-${changeNumber(a)}`),
    await runs.runsOfSha(tx, repository, sha(b)),
    await runs.newestGenerationOn(tx, `change-${changeNumber(a)}`, sha(b)),
    await runs.phaseOf(tx, runId(a)),
    await runs.recentRuns(tx, 5, later(tx, b).toISOString()),
    await runs.latestFinishedOn(tx, repository, sha(a)),
    await keptRuns(tx, `change-${changeNumber(a)}`),
    sorted(await claimableRuns(tx, later(tx, b))),
    sorted(await untoldRuns(tx, { after: later(tx, -9), before: later(tx, b) })),
  ],
  readAdmission: async (tx, _memory, a, b) => {
    const facts = await admission.admissionFacts(tx, room(a, b), later(tx, b));
    return [
      { ...facts, waiting: sorted([...facts.waiting]), reservations: sorted([...facts.reservations]) },
      await admission.usualDurationMs(tx),
      await admission.anyWaiting(tx, later(tx, b)),
      await admission.placeOf(tx, runId(a)),
    ];
  },
  readTeardowns: async (tx, _memory, a, b) => [
    await teardowns.teardownOf(tx, runId(a)),
    sorted(await teardowns.dueTeardowns(tx, later(tx, b))),
    sorted([...(await teardowns.runsWithTeardown(tx, [runId(a), runId(b)]))]),
    sorted([...(await teardowns.environmentsToTearDown(tx))]),
    await teardowns.blockedRuns(tx, `change-${changeNumber(a)}`),
    await keep.keepWishOf(tx, runId(a)),
  ],
  readOthers: async (tx, _memory, a, b) => [
    sorted(await deliveries.unhandledDeliveries(tx, later(tx, a))),
    await changes.changeById(tx, `change-${changeNumber(a)}`),
    await changes.changesOf(tx, repository),
    await changes.rememberedChanges(tx),
    await checkOf(tx, { repository, sha: sha(a), name: 'greenroom', changeId: `change-${changeNumber(b)}` }),
    await checksOfSha(tx, repository, sha(a)),
    sorted(await unconcludedChecks(tx)),
    await approvalOf(tx, repository, sha(a), `change-${changeNumber(b)}`),
    await approvalsOf(tx, { repository, headSha: sha(a), changeId: `change-${changeNumber(b)}` }),
    await countAll(tx, later(tx, a)),
  ],
};
