/** `/runs/<id>/artifacts/<suite>/<name>`, with every part encoded. */
export function artifactHref(runId: string, suite: string, name: string): string {
  const parts = [suite, ...name.split('/')].map(encodeURIComponent);
  return `/runs/${encodeURIComponent(runId)}/artifacts/${parts.join('/')}`;
}
