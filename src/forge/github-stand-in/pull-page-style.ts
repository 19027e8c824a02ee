/** The page's look, light and dark, without any outside file. */
export const pullPageStyle = `
:root { color-scheme: light dark; --ink: #1f2328; --quiet: #59636e; --line: #d1d9e0; --paper: #ffffff; --soft: #f6f8fa;
  --link: #0969da; --green: #1a7f37; --red: #cf222e; --amber: #9a6700; --purple: #8250df; --grey: #59636e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #f0f6fc; --quiet: #9198a1; --line: #3d444d; --paper: #0d1117; --soft: #151b23;
    --link: #4493f8; --green: #238636; --red: #da3633; --amber: #9e6a03; --purple: #8957e5; --grey: #656c76; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px 16px 64px; max-width: 960px; background: var(--paper); color: var(--ink);
  font: 14px/1.5 -apple-system, "Segoe UI", "Liberation Sans", Helvetica, Arial, sans-serif; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
header { border-bottom: 1px solid var(--line); margin-bottom: 16px; padding-bottom: 8px; overflow-wrap: anywhere; }
.repository { color: var(--link); font-size: 16px; margin: 0 0 8px; }
h1 { font-size: 28px; font-weight: 400; line-height: 1.25; margin: 0 0 8px; } .number { color: var(--quiet); }
.state { display: inline-block; border-radius: 2em; padding: 4px 12px; margin-right: 6px; color: #fff; font-weight: 600; }
.state::first-letter { text-transform: uppercase; }
.open { background: var(--green); } .closed { background: var(--red); } .merged { background: var(--purple); } .draft { background: var(--grey); }
code, pre { font: 85%/1.45 ui-monospace, "Liberation Mono", monospace; }
:not(pre) > code { background: color-mix(in srgb, var(--quiet) 18%, transparent); border-radius: 6px; padding: .2em .4em; overflow-wrap: anywhere; }
pre { background: var(--soft); border-radius: 6px; padding: 12px; margin: 0 0 12px; overflow-x: auto; }
pre code { font: inherit; }
article, .checks { border: 1px solid var(--line); border-radius: 6px; margin-bottom: 16px; overflow: hidden; }
article > h2, .checks > h2 { background: var(--soft); border-bottom: 1px solid var(--line); margin: 0; padding: 8px 16px;
  font-size: 14px; font-weight: 400; display: flex; gap: 8px; align-items: center; flex-wrap: wrap; }
.checks > h2 { font-size: 16px; font-weight: 600; padding: 12px 16px; }
.avatar { width: 24px; height: 24px; border-radius: 50%; background: var(--link); color: #fff; font-weight: 600; font-size: 12px;
  display: inline-flex; align-items: center; justify-content: center; } .avatar.bot { border-radius: 6px; background: var(--green); }
.badge { border: 1px solid var(--line); border-radius: 2em; padding: 0 7px; font-size: 12px; color: var(--quiet); }
time { color: var(--quiet); }
.markdown { padding: 16px; overflow-wrap: anywhere; } .markdown:empty { display: none; }
.markdown > :first-child { margin-top: 0; } .markdown > :last-child { margin-bottom: 0; }
.markdown h1, .markdown h2 { border-bottom: 1px solid var(--line); padding-bottom: .3em; font-size: 20px; font-weight: 600; margin: 20px 0 12px; }
.markdown h3, .markdown h4 { font-size: 16px; margin: 20px 0 8px; }
.markdown p, .markdown ul, .markdown ol { margin: 0 0 12px; } .markdown ul, .markdown ol { padding-left: 2em; }
.markdown blockquote { margin: 0 0 12px; padding: 0 1em; border-left: 4px solid var(--line); color: var(--quiet); }
.markdown table { border-collapse: collapse; display: block; overflow-x: auto; margin: 0 0 12px; max-width: 100%; }
.markdown th, .markdown td { border: 1px solid var(--line); padding: 6px 12px; overflow-wrap: normal; } .markdown tr:nth-child(2n) { background: var(--soft); }
.markdown img { max-width: 100%; } .markdown details { margin-bottom: 12px; } .markdown summary { cursor: pointer; }
.reactions { margin: 0; padding: 0 16px 12px; display: flex; gap: 8px; flex-wrap: wrap; }
.reactions span { border: 1px solid var(--line); border-radius: 2em; padding: 1px 9px; font-size: 12px; }
.checks > details { border-bottom: 1px solid var(--line); } .checks > details:last-child { border-bottom: 0; }
.checks > details > summary { display: flex; gap: 8px; align-items: center; padding: 10px 16px; cursor: pointer; list-style: none; }
.checks > details > summary::-webkit-details-marker { display: none; } .checks > details > summary:hover { background: var(--soft); }
.checks > details[open] > summary { border-bottom: 1px solid var(--line); }
.title { color: var(--quiet); flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.mark { flex: none; width: 16px; height: 16px; border-radius: 50%; background: var(--amber); color: #fff; font: 700 11px/16px sans-serif; text-align: center; }
.mark::before { content: "•"; } .success { background: var(--green); } .success::before { content: "✓"; }
.failure, .timed_out { background: var(--red); } .failure::before, .timed_out::before { content: "✕"; }
.action_required::before { content: "!"; } .neutral, .cancelled, .skipped, .stale { background: var(--grey); }
.neutral::before, .cancelled::before, .skipped::before, .stale::before { content: "–"; }
.annotation { margin: 0 16px 12px; border-left: 4px solid var(--amber); padding-left: 12px; background: none; }
.annotation.failure { border-color: var(--red); background: none; } .annotation.notice { border-color: var(--grey); }
.annotation::before { content: none !important; } .annotation p { margin: 0 0 4px; } .annotation pre { white-space: pre-wrap; }
`;
