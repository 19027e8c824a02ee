import type { Blow, Deed, Story } from './story.ts';

/** A story as a list of instants and what happens at them, for people. */
export function tellStory(story: Story): string[] {
  const lines = story.lifecycles.flatMap(({ opensAtMs, deeds, ...opening }, index) => {
    const name = `change ${index + 1}`;
    let atMs = opensAtMs;
    const later = deeds.map(({ afterMs, to, deed }) => {
      atMs += afterMs;
      return { atMs, line: `${to === 'twin' ? `the twin of ${name}` : name}: ${wordsOf(deed)}` };
    });
    const { author, config, draft, fork } = opening;
    const how = [`config ${config}`, ...(draft ? ['a draft'] : []), ...(fork ? ['from a fork'] : [])].join(', ');
    return [{ atMs: opensAtMs, line: `${name}: opened by ${author} (${how})` }, ...later];
  });
  const blows = story.strikes.map(({ atMs, afterEvents, blow }) => ({
    atMs,
    line: `${blowWords(blow)}${afterEvents > 0 ? `, ${afterEvents} events later` : ''}`,
  }));
  const rough = Object.entries(story.roughness).filter(([, times]) => times > 0);
  return [
    `${story.replicas} replicas, room for ${story.room}, rough: ${rough.map(([part, times]) => `${part} ×${times}`).join(', ') || 'nothing'}`,
    ...[...lines, ...blows]
      .sort((one, other) => one.atMs - other.atMs)
      .map(({ atMs, line }) => `${instant(atMs)}  ${line}`),
  ];
}

export function instant(atMs: number): string {
  return `${(atMs / 1_000).toFixed(3).padStart(9)} s`;
}

function wordsOf(deed: Deed): string {
  switch (deed.kind) {
    case 'push':
      return deed.config === null ? 'a push' : `a push, config ${deed.config}`;
    case 'draft':
      return deed.draft ? 'becomes a draft' : 'is ready for review';
    case 'twin':
      return 'another change is opened with the same head';
    case 'labels':
      return `${deed.deliveries} labels`;
    case 'comment':
      return `"${deed.body}" says a ${deed.by}`;
    default:
      return deed.kind;
  }
}

function blowWords(blow: Blow): string {
  const whom = 'replica' in blow ? ` of replica ${blow.replica}` : '';
  const ms = 'forMs' in blow ? blow.forMs : 'byMs' in blow ? blow.byMs : blow.restartAfterMs;
  return `${blow.kind}${whom}, ${ms} ms`;
}
