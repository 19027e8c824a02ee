import { humanDuration } from '../config/duration.ts';
import { html, type Markup } from './markup.ts';

type Tone = 'passed' | 'flaky' | 'failed' | 'errored' | 'running' | 'quiet';

/** Every status has one tone, everywhere; a failed test and a broken tool never share one. */
export function toneOf(status: string | null): Tone {
  switch (status) {
    case 'passed':
    case 'flaky':
    case 'failed':
    case 'errored':
    case 'running':
      return status;
    case 'gone':
      return 'passed';
    case 'blocked':
      return 'errored';
    case 'cancelled':
    case 'skipped':
    case 'pending':
    case 'kept':
      return 'quiet';
    case null:
      return 'running';
    default:
      // Readers take an unknown word for `errored` (DESIGN, the verdict contract).
      return 'errored';
  }
}

const signs: Record<Tone, string> = { passed: '✓', flaky: '↻', failed: '✗', errored: '!', running: '▸', quiet: '–' };

/** A status as a word with its sign: never by colour alone. */
export function chip(status: string, word = status): Markup {
  const tone = toneOf(status);
  return html`<span class="chip ${tone}"><span aria-hidden="true">${signs[tone]}</span>${word}</span>`;
}

export function time(ms: number | null): string {
  return ms === null ? '' : humanDuration(ms);
}

/** A moment as text, exact on hover; always UTC. */
export function moment(iso: string): Markup {
  const text = `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
  return html`<time datetime="${iso}" title="${iso}">${text}</time>`;
}

/** `12 s ago`, `3 min ago`, `2 h ago`, then the day. */
export function ago(iso: string, now: Date): Markup {
  const secondsAgo = Math.max(0, Math.round((now.getTime() - Date.parse(iso)) / 1000));
  if (secondsAgo >= 86_400) return moment(iso);
  const text =
    secondsAgo < 60
      ? `${secondsAgo} s ago`
      : secondsAgo < 3_600
        ? `${Math.floor(secondsAgo / 60)} min ago`
        : `${Math.floor(secondsAgo / 3_600)} h ago`;
  return html`<time datetime="${iso}" title="${iso}">${text}</time>`;
}

export function bytes(size: number): string {
  if (size < 1_000) return `${size} B`;
  if (size < 1_000_000) return `${(size / 1_000).toFixed(size < 10_000 ? 1 : 0)} kB`;
  return `${(size / 1_000_000).toFixed(1)} MB`;
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
