import type { Artifact, SuiteResult } from '../suites/suite-result.ts';
import { artifactHref } from './artifact-path.ts';
import { html, type Markup } from './markup.ts';
import { bytes, plural } from './words.ts';

const maxPictures = 6;
const maxFiles = 60;

/** What a suite left: reports first, pictures as such, everything else in a list. */
export function artifactList(runId: string, suite: SuiteResult): Markup | null {
  if (suite.artifacts.length === 0) return null;
  const stored = suite.artifacts.filter((artifact) => !artifact.notStored);
  const lost = suite.artifacts.length - stored.length;
  const pages = stored.filter((artifact) => isPage(artifact));
  const pictures = stored.filter((artifact) => artifact.mediaType.startsWith('image/')).slice(0, maxPictures);
  const files = stored.filter((artifact) => !isPage(artifact)).slice(0, maxFiles);
  const left = stored.length - pages.length - files.length;
  const href = (artifact: Artifact) => artifactHref(runId, suite.name, artifact.name);
  return html`${lost > 0 && html`<p class="why">${plural(lost, 'file')} of this suite could not be stored; the log says why.</p>`}${pages.length > 0 && html`<h4>Reports</h4><ul class="plain rows">${pages.map((page) => html`<li><span class="what"><a href="${href(page)}">${titleOf(page, suite)}</a></span><span class="right">${bytes(page.bytes)}</span></li>`)}</ul>`}
${pictures.length > 0 && html`<ul class="pictures">${pictures.map((picture) => html`<li><a href="${href(picture)}"><img loading="lazy" alt="${picture.name}" src="${href(picture)}"></a></li>`)}</ul>`}
${files.length > 0 && html`<details class="files" data-key="${suite.name}/files"><summary><span class="what">${plural(files.length + left, 'file')}</span></summary><div class="body"><ul class="plain rows">${files.map((file) => html`<li><span class="what"><a href="${href(file)}">${file.name}</a></span>${isTrace(file) && html`<span class="place"><code>npx playwright show-trace</code> opens it</span>`}<span class="right">${bytes(file.bytes)}</span></li>`)}</ul>${left > 0 && html`<p class="place">and ${left} more</p>`}</div></details>`}`;
}

function isPage({ mediaType, name }: Artifact): boolean {
  return mediaType.startsWith('text/html') && !name.includes('/trace/');
}

function isTrace({ name }: Artifact): boolean {
  return name.endsWith('.zip') && name.includes('trace');
}

function titleOf(page: Artifact, suite: SuiteResult): string {
  if (suite.kind === 'e2e') return `Playwright report (${page.name})`;
  if (suite.kind === 'load') return `k6 dashboard (${page.name})`;
  return page.name;
}
