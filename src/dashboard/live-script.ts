/**
 * Keeps a live page live: fetches its `main` again, replaces only the sections that changed, and leaves open what the
 * reader opened. Without scripts a `meta refresh` does the same, coarser.
 */
export const liveScript = `
(() => {
  const main = document.querySelector('main[data-live]');
  if (!main) return;
  const keep = (from, to) => {
    for (const open of to.querySelectorAll('details[data-key]')) {
      const known = from.querySelector('details[data-key="' + CSS.escape(open.dataset.key) + '"]');
      if (known) open.open = known.open;
    }
    const before = from.querySelector('.log'), after = to.querySelector('.log');
    return before && after ? () => {
      const atEnd = before.scrollHeight - before.scrollTop - before.clientHeight < 40;
      const top = before.scrollTop;
      return () => { after.scrollTop = atEnd ? after.scrollHeight : top; };
    } : null;
  };
  let etag = '';
  const refresh = async () => {
    if (document.hidden) return true;
    const answer = await fetch(main.dataset.live, { headers: etag ? { 'if-none-match': etag } : {} });
    if (answer.status !== 200) return true;
    etag = answer.headers.get('etag') || '';
    const next = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main');
    if (!next) return true;
    const wanted = [...next.children];
    wanted.forEach((section, index) => {
      const shown = main.children[index];
      if (!shown) return main.append(section);
      const scroll = keep(shown, section);
      if (shown.isEqualNode(section)) return;
      const restore = scroll ? scroll() : null;
      shown.replaceWith(section);
      if (restore) restore();
    });
    while (main.children.length > wanted.length) main.lastElementChild.remove();
    if (next.dataset.live) return true;
    const badge = document.querySelector('.live');
    if (badge) badge.remove();
    return false;
  };
  const loop = async () => {
    let more = true;
    try { more = await refresh(); } catch {}
    if (more) setTimeout(loop, 2000);
  };
  const log = main.querySelector('.log');
  if (log) log.scrollTop = log.scrollHeight;
  setTimeout(loop, 1000);
})();
`;
