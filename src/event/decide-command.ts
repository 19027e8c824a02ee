import { humanDuration } from '../config/duration.ts';
import { didYouMean } from '../config/nearest.ts';
import { approvalWanted, isWaiting } from './approval.ts';
import { type Command, parseCommands } from './commands.ts';
import type { ChangeState, CommandStep, DecideContext, Decision, StartRun } from './decision.ts';
import type { ForgeEvent } from './event.ts';
import { mayWrite } from './may-write.ts';
import { startRun } from './start-run.ts';

type CommandEvent = Extract<ForgeEvent, { kind: 'command' }>;

/** What one command comes to. */
interface Answer {
  reaction: 'rocket' | 'confused' | '-1';
  steps: CommandStep[];
  /** One plain line for the person, where a reaction alone would leave a question. */
  reply?: string;
}

/** What a comment asks for: each comment once, only people, only with write permission (help: everybody). PURE. */
export function decideCommand(event: CommandEvent, context: DecideContext): Decision {
  if (event.authorIsBot) return { kind: 'ignore', reason: `"${event.author}" is a bot` };
  const commands = parseCommands(event.body);
  if (commands.length === 0) return { kind: 'ignore', reason: 'the comment holds no command' };
  if (context.handledComments.has(event.commentId)) {
    return { kind: 'ignore', reason: `the comment ${event.commentId} was acted on before` };
  }
  const { change } = context;
  if (!change) return { kind: 'ignore', reason: 'the comment is on no change' };
  const answers = answerAll(commands, { event, context, change });
  const steps = oneStart(answers.flatMap((answer) => answer.steps));
  const named = commands.map((command) => command.name).join(', ');
  return {
    kind: 'command',
    commentId: event.commentId,
    steps,
    reaction: worst(answers),
    replies: [...new Set(answers.flatMap((answer) => (answer.reply === undefined ? [] : [answer.reply])))],
    help: commands.some((command) => command.name === 'help' || command.name === 'unknown'),
    reason: `"${event.author}" (${context.permission}) asked for ${named}: ${steps.length === 0 ? 'nothing to do' : steps.map((step) => step.kind).join(', ')}`,
  };
}

interface Situation {
  event: CommandEvent;
  context: DecideContext;
  change: ChangeState;
}

function answerAll(commands: Command[], situation: Situation): Answer[] {
  const permitted = mayWrite(situation.context.permission);
  return commands.map((command) => {
    if (command.name === 'help') return { reaction: 'rocket', steps: [] };
    // An outsider learns nothing about commands that would be refused anyway.
    if (!permitted) return refused(`Commands need write permission; you have "${situation.context.permission}".`);
    return answer(command, situation);
  });
}

function answer(command: Exclude<Command, { name: 'help' }>, situation: Situation): Answer {
  switch (command.name) {
    case 'unknown': {
      const meant = command.suggestion ? ` (${command.suggestion})` : '';
      return { reaction: 'confused', steps: [], reply: `${command.problem}${meant}.` };
    }
    case 'redeploy':
      return start(situation, null);
    case 'run':
      return runSuite(situation, command.suite);
    case 'teardown':
      return tearDown(situation);
    case 'keep':
      return keep(situation, command.durationMs);
    case 'approve':
      return approve(situation, command.sha);
    default:
      return command satisfies never;
  }
}

function start({ context, change }: Situation, onlySuites: string[] | null): Answer {
  if (!change.open) return refused('This change is closed; reopen it first.');
  if (context.config.kind === 'none') return refused('There is no greenroom.yaml; "greenroom init" writes one.');
  if (isWaiting(change, context))
    return refused(`This change comes from a fork: none of it runs before "/greenroom approve ${change.headSha}".`);
  return accepted(startRun(context, change, { trigger: 'command', onlySuites }));
}

function runSuite(situation: Situation, suite: string): Answer {
  const { config } = situation.context;
  if (config.kind === 'present' && !config.suites.includes(suite)) {
    const meant = didYouMean(suite, config.suites) ?? `suites here: ${config.suites.join(', ')}`;
    return { reaction: 'confused', steps: [], reply: `No suite is named "${suite}" (${meant}).` };
  }
  return start(situation, [suite]);
}

function tearDown({ context }: Situation): Answer {
  const runs = context.liveRuns.map((run) => run.id);
  if (runs.length === 0) return { reaction: 'rocket', steps: [], reply: 'There is nothing to tear down.' };
  return accepted({ kind: 'tear-down', runs, cancel: 'commanded', reason: 'commanded by a comment' });
}

function keep({ context, change }: Situation, keepMs: number): Answer {
  const newest = [...context.liveRuns].sort((a, b) => b.generation - a.generation)[0];
  if (!change.open) return refused('This change is closed; nothing is kept for it.');
  if (!newest) return refused('There is no environment to keep; ask for one with "/greenroom redeploy".');
  return accepted({ kind: 'keep', runId: newest.id, keepMs, reason: `kept for ${humanDuration(keepMs)}` });
}

/** Approves a SHA, never a branch: what was pushed after the reading needs a reading of its own. */
function approve(situation: Situation, sha: string): Answer {
  const { change, event, context } = situation;
  const { headSha } = change;
  if (headSha !== sha)
    return refused(`${sha.slice(0, 7)} is not the head of this change (any more): read ${headSha} and approve that.`);
  const of = approvalWanted(change, context);
  if (of === null) {
    const by = context.approvals.gate ?? context.approvals.fork;
    const again = 'It is not started twice; "/greenroom redeploy" runs it again.';
    return { reaction: 'rocket', steps: [], reply: `${sha.slice(0, 7)} was approved before, by "${by}". ${again}` };
  }
  const approvals = { ...context.approvals, [of]: event.author };
  const started = start({ ...situation, context: { ...context, approvals } }, null);
  if (started.reaction !== 'rocket') return started;
  return {
    ...started,
    steps: [{ kind: 'approve', of, sha, by: event.author, reason: `approved by "${event.author}"` }, ...started.steps],
  };
}

function accepted(step: CommandStep): Answer {
  return { reaction: 'rocket', steps: [step] };
}

function refused(reply: string): Answer {
  return { reaction: '-1', steps: [], reply };
}

function worst(answers: Answer[]): Answer['reaction'] {
  if (answers.some((one) => one.reaction === '-1')) return '-1';
  return answers.some((one) => one.reaction === 'confused') ? 'confused' : 'rocket';
}

/** Several commands that start: one run, of everything unless all of them name suites. */
function oneStart(steps: CommandStep[]): CommandStep[] {
  const starts = steps.filter(isStart);
  const [first] = starts;
  if (!first || starts.length === 1) return steps;
  const suites = starts.flatMap((step) => step.onlySuites ?? []);
  const onlySuites = starts.some((step) => step.onlySuites === null) ? null : [...new Set(suites)];
  const others = steps.filter((step) => !isStart(step));
  return [...others, { ...first, onlySuites }];
}

function isStart(step: CommandStep): step is StartRun {
  return step.kind === 'start' || step.kind === 'supersede';
}
