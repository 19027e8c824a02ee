import type { VerdictDocument } from '../verdict/verdict-document.ts';
import { html, type Markup } from './markup.ts';
import { time, toneOf } from './words.ts';

interface Span {
  name: string;
  status: string;
  sub: boolean;
  startedAt: number | null;
  durationMs: number | null;
}

/** Phases on one axis of time, the suites below `testing`: what ran beside what, and where the time went. */
export function timeTrack(document: VerdictDocument, now: Date): Markup {
  const spans = spansOf(document, now);
  const starts = spans.flatMap((span) => (span.startedAt === null ? [] : [span.startedAt]));
  const from = Math.min(...starts);
  const to = Math.max(from + 1, ...spans.map((span) => (span.startedAt ?? 0) + (span.durationMs ?? 0)));
  return html`<ol class="track">${spans.map((span) => row(span, from, to))}</ol>`;
}

function row(span: Span, from: number, to: number): Markup {
  const percent = (ms: number) => `${((ms / (to - from)) * 100).toFixed(2)}%`;
  const bar =
    span.startedAt !== null &&
    html`<rect class="bar-${toneOf(span.status)}" rx="3" height="14" x="${percent(span.startedAt - from)}" width="${percent(Math.max(span.durationMs ?? 0, (to - from) * 0.006))}"/>`;
  const said =
    span.status === 'pending'
      ? 'waits'
      : span.status === 'running'
        ? `${time(span.durationMs)} …`
        : time(span.durationMs);
  return html`<li><span class="name${span.sub ? ' sub' : ''}">${span.name}</span><svg aria-hidden="true">${bar}</svg><span class="time" title="${span.status}">${said || span.status}</span></li>`;
}

function spansOf(document: VerdictDocument, now: Date): Span[] {
  const span = (
    of: { name: string; status: string; startedAt: string | null; durationMs: number | null },
    sub: boolean,
  ) => {
    const startedAt = of.startedAt === null ? null : Date.parse(of.startedAt);
    const live = of.status === 'running' && startedAt !== null ? Math.max(0, now.getTime() - startedAt) : null;
    return { name: of.name, status: of.status, sub, startedAt, durationMs: of.durationMs ?? live };
  };
  return document.phases
    .filter((phase) => phase.name !== 'done')
    .flatMap((phase) => [
      span(phase, false),
      ...(phase.name === 'testing' ? document.suites.map((suite) => span(suite, true)) : []),
    ]);
}
