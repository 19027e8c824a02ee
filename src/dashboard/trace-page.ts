import type { Page } from './layout.ts';
import { html } from './markup.ts';

/** In place of `report/trace/index.html`. @param name of the trace in `report/data/`, where the report said which */
export function tracePage(name: string | undefined): Page {
  const file = name ?? 'trace.zip';
  return {
    title: 'Trace · Greenroom',
    sections: [
      html`<section><h1>Trace</h1><div class="card verdict quiet">
<p>The trace holds every action of the test with its pictures, requests and console. It was recorded while code of a change ran, so its viewer runs on your machine:</p>
${name !== undefined && html`<p><a href="../data/${name}">Download ${name}</a></p>`}
<pre>npx playwright show-trace ${file}</pre>
<p>or drop the file on <a href="https://trace.playwright.dev">trace.playwright.dev</a>, which keeps it in your browser.</p>
</div></section>`,
    ],
    live: null,
  };
}
