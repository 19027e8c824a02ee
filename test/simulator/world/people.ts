import type { ChangeRef } from '../../../src/event/event.ts';
import { asPull } from './forge-routes.ts';
import { MergeQueue } from './merge-queue.ts';
import type { Surroundings } from './surroundings.ts';
import type { Webhook } from './webhook.ts';
import type { ConfigFile, OpenChange, People, SimulatedChange } from './world.ts';

const writer = 'wendy';
const stranger = 'sam';

/** People at the forge; each deed sends what GitHub would. */
export function peopleOf(around: Surroundings, webhook: Webhook): People {
  const { forge, history } = around;
  const queue = new MergeQueue(around, webhook);
  const dice = around.dice('forged deliveries');
  const of = (ref: ChangeRef): SimulatedChange => {
    const change = forge.change(ref);
    if (change === undefined) throw new Error(`there is no change ${ref.repository}#${ref.number}`);
    return change;
  };
  const payloadOf = (change: SimulatedChange, action: string, more: object = {}) => ({
    action,
    pull_request: asPull(change),
    repository: { full_name: change.repository },
    ...more,
  });
  const moved = (change: SimulatedChange, how: string, action = how, more: object = {}): string => {
    const { repository, number, headSha, open, draft } = change;
    history.add('people', { kind: 'change-moved', change: { repository, number }, how, headSha, open, draft });
    webhook.send('pull_request', payloadOf(change, action, more));
    if (dice.chance(around.weather.deliveries.forged)) lie(change);
    return headSha;
  };
  const lie = (change: SimulatedChange) => {
    const action = dice.pick(['closed', 'reopened', 'synchronize', 'opened', 'edited'] as const);
    const untrue = { ...change, headSha: dice.hex(40), open: !change.open };
    webhook.forge('pull_request', payloadOf(untrue, action, { changes: { base: {} } }));
  };
  const push = (change: SimulatedChange, config: ConfigFile, how = 'pushed'): string => {
    queue.leave(change, 'dequeued');
    forge.moveHead(change, forge.commit(config));
    return moved(change, how, 'synchronize');
  };
  const opened = (change: SimulatedChange): ChangeRef => {
    moved(change, 'opened');
    const { repository, number } = change;
    return { repository, number };
  };
  return {
    openChange: (options: OpenChange = {}) => opened(forge.open(options)),
    push: (ref, { config } = {}) => push(of(ref), config ?? forge.configAt(of(ref).headSha)),
    deleteConfig: (ref) => push(of(ref), 'none', 'configuration deleted'),
    forcePushBack(ref) {
      const change = of(ref);
      const older = change.heads.filter((sha) => sha !== change.headSha).at(-1);
      if (older === undefined) return change.headSha;
      queue.leave(change, 'dequeued');
      forge.moveHead(change, older);
      return moved(change, 'pushed back', 'synchronize');
    },
    sameHead(ref) {
      const { headSha, repository } = of(ref);
      const config = repository === 'acme/bare' ? 'none' : forge.configAt(headSha);
      return opened(
        forge.open({ config: config === 'none' && repository !== 'acme/bare' ? 'small' : config }, headSha),
      );
    },
    editBase(ref) {
      queue.leave(of(ref), 'dequeued');
      forge.editBase(of(ref));
      moved(of(ref), 'base edited', 'edited', { changes: { base: {} } });
    },
    setDraft(ref, draft) {
      if (draft) queue.leave(of(ref), 'dequeued');
      of(ref).draft = draft;
      moved(of(ref), draft ? 'made a draft' : 'made ready', draft ? 'converted_to_draft' : 'ready_for_review');
    },
    close: (ref) => end(of(ref), false),
    merge: (ref) => end(of(ref), true),
    reopen(ref) {
      if (of(ref).open) return;
      of(ref).open = true;
      moved(of(ref), 'reopened');
    },
    enqueue: (ref) => queue.enter(of(ref)),
    dequeue: (ref) => queue.leave(of(ref), 'dequeued'),
    stormOfLabels(ref, deliveries) {
      for (let count = 0; count < deliveries; count++)
        webhook.send('pull_request', payloadOf(of(ref), count % 2 === 0 ? 'labeled' : 'unlabeled'));
    },
    comment(ref, body, by) {
      const author = by === 'writer' ? writer : stranger;
      const { repository, number } = of(ref);
      const { id } = forge.comment(ref, author, body);
      history.add('people', { kind: 'commented', change: { repository, number }, commentId: id, author, body });
      webhook.send('issue_comment', {
        action: 'created',
        issue: { number, pull_request: {} },
        comment: { id: Number(id), body, user: { login: author, type: 'User' } },
        repository: { full_name: repository },
      });
      return id;
    },
    rerequest(ref) {
      const { headSha, repository } = of(ref);
      webhook.send('check_run', {
        action: 'rerequested',
        check_run: { head_sha: headSha },
        repository: { full_name: repository },
        sender: { login: writer },
      });
    },
  };

  function end(change: SimulatedChange, isMerged: boolean): void {
    if (!change.open) return;
    queue.leave(change, isMerged ? 'merged' : 'dequeued');
    change.open = false;
    const { repository, number, headSha, draft } = change;
    const how = isMerged ? 'merged' : 'closed';
    history.add('people', { kind: 'change-moved', change: { repository, number }, how, headSha, open: false, draft });
    const payload = payloadOf(change, 'closed');
    webhook.send('pull_request', { ...payload, pull_request: { ...payload.pull_request, merged: isMerged } });
  }
}
