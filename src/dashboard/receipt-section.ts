import { z } from 'zod';
import { instantWords } from '../report/words.ts';
import type { TeardownRecord } from '../verdict/verdict-document.ts';
import { html, type Markup } from './markup.ts';
import type { RunView } from './run-page.ts';
import { chip, plural, time } from './words.ts';

/** The slice of teardown's receipt that the page shows; whatever does not fit is left out. */
const ReceiptDetails = z.object({
  created: z
    .array(z.object({ kind: z.string(), namespace: z.string(), name: z.string(), uid: z.string() }))
    .default([]),
  gone: z.array(z.object({ uid: z.string() })).default([]),
  volumes: z.array(z.object({ name: z.string(), status: z.string(), note: z.string().default('') })).default([]),
});

const maxObjects = 200;

/** The proof: what there was, what is gone, or what stands in the way. */
export function receiptSection({ run, receipt, now }: RunView): Markup {
  const { teardown } = run.document;
  const { created, gone } = teardown.resources;
  const details = ReceiptDetails.safeParse(receipt ?? {}).data ?? { created: [], gone: [], volumes: [] };
  const goneUids = new Set(details.gone.map((object) => object.uid));
  const words: Record<string, string> = {
    pending:
      run.document.environment === null
        ? 'Nothing to tear down yet.'
        : 'The environment is up; its teardown is promised.',
    gone: created === 0 ? 'Nothing was created.' : `${gone} of ${plural(created, 'resource')} proven gone.`,
    kept: keptWords(teardown, now),
    blocked: `${gone} of ${plural(created, 'resource')} gone. Something holds the rest; it is tried again until it is gone.`,
  };
  const rows = details.created.slice(0, maxObjects).map((object) => {
    const state = goneUids.has(object.uid) ? chip('gone') : chip('blocked', 'still there');
    return html`<li>${state}<span class="what">${object.kind} <code>${[object.namespace, object.name].filter(Boolean).join('/')}</code></span></li>`;
  });
  const stripped = teardown.strippedFinalizers ?? [];
  const kept = details.volumes.filter((volume) => volume.status !== 'gone');
  return html`<section id="receipt"><h2>Receipt</h2><div class="card">
<div class="head">${chip(teardown.status)}<span>${words[teardown.status]}</span><span class="right">${time(teardown.durationMs)}</span></div>
${teardown.blockedBy.length > 0 && html`<h4>Blocked by</h4><ul class="plain rows">${teardown.blockedBy.map((line) => html`<li><code class="what">${line}</code></li>`)}</ul>`}
${kept.length > 0 && html`<h4>Volumes that outlive it</h4><ul class="plain rows">${kept.map((volume) => html`<li>${chip('kept', volume.status)}<code class="what">${volume.name}</code> ${volume.note}</li>`)}</ul>`}
${stripped.length > 0 && html`<h4>Stripped of their finalizers, as an operator asked</h4><ul class="plain rows">${stripped.map((line) => html`<li><code class="what">${line}</code></li>`)}</ul>`}
${rows.length > 0 && html`<details data-key="receipt/objects"><summary><span class="what">${plural(details.created.length, 'object')}, each looked for by its UID</span></summary><div class="body"><ul class="plain rows">${rows}</ul></div></details>`}
</div></section>`;
}

const soonMs = 60 * 60_000;

function keptWords({ kept }: TeardownRecord, now: Date): string {
  if (kept === undefined) return 'Kept on request; it goes when that time is over.';
  const leftMs = Date.parse(kept.until) - now.getTime();
  const left = leftMs > 0 && leftMs < soonMs ? `, in about ${Math.max(1, Math.round(leftMs / 60_000))} minutes` : '';
  const words = `Kept on request until ${instantWords(kept.until)}${left}; it goes then.`;
  if (kept.longestMs !== null) return `${words} Not longer: an environment lives at most ${time(kept.longestMs)} here.`;
  return `${words} A comment "/greenroom keep 1h" keeps it for an hour from when you say it.`;
}
