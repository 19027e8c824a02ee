/** The one style sheet, inline: a page needs nothing from elsewhere. Contrast of every text pair is at least 4.5:1 in both schemes. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#f6f7f9, #0e1116);
  --card: light-dark(#ffffff, #161b22);
  --sunk: light-dark(#f0f2f5, #0b0e13);
  --line: light-dark(#d9dee5, #2b333d);
  --ink: light-dark(#1a2029, #e7ecf2);
  --soft: light-dark(#566070, #9aa7b6);
  --link: light-dark(#0b5bd3, #79b0ff);
  --passed: light-dark(#136c37, #56cf84);
  --passed-bg: light-dark(#ddf4e4, #10331f);
  --flaky: light-dark(#7d5200, #eebd55);
  --flaky-bg: light-dark(#fcefcd, #3a2c08);
  --failed: light-dark(#b3202a, #ff8a8a);
  --failed-bg: light-dark(#fde3e4, #42161a);
  --errored: light-dark(#8a3ea8, #d9a3f0);
  --errored-bg: light-dark(#f4e4fa, #35183f);
  --running: light-dark(#0b5bd3, #79b0ff);
  --running-bg: light-dark(#dfebfd, #11294a);
  --quiet: light-dark(#566070, #9aa7b6);
  --quiet-bg: light-dark(#e9ecf0, #232a33);
  --c1: light-dark(#0b5bd3, #79b0ff); --c2: light-dark(#b45309, #f0a65a); --c3: light-dark(#0f766e, #4fd1c5);
  --c4: light-dark(#9333b8, #d99cf2); --c5: light-dark(#5b6472, #aab4c0);
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 2px; }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
code, pre, .mono { font-family: var(--mono); font-size: .87em; }
.wrap { max-width: 1120px; margin: 0 auto; padding: 0 20px; }
.top { border-bottom: 1px solid var(--line); background: var(--card); }
.top .wrap { display: flex; align-items: center; gap: 10px; min-height: 52px; }
.brand { display: inline-flex; align-items: center; gap: 9px; font-weight: 650; color: var(--ink); text-decoration: none; }
.brand svg { color: var(--passed); }
.brand rect { fill: currentColor; }
.live { margin-left: auto; display: inline-flex; align-items: center; gap: 7px; color: var(--soft); font-size: .87em; }
.live::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: var(--running); }
main { padding: 24px 0 56px; }
h1 { font-size: 1.45rem; line-height: 1.25; margin: 0; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.08rem; margin: 34px 0 12px; }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
h4 { font-size: .82rem; margin: 20px 0 8px; color: var(--soft); font-weight: 650; }
.meta { color: var(--soft); margin: 6px 0 0; display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: .92em; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; }
.card + .card { margin-top: 12px; }
.verdict { margin-top: 18px; border-left-width: 5px; }
.verdict.passed { border-left-color: var(--passed); } .verdict.flaky { border-left-color: var(--flaky); }
.verdict.failed { border-left-color: var(--failed); } .verdict.errored { border-left-color: var(--errored); }
.verdict.running { border-left-color: var(--running); } .verdict.quiet { border-left-color: var(--quiet); }
.verdict .say { font-size: 1.12rem; margin: 0; display: flex; gap: 10px; align-items: baseline; flex-wrap: wrap; overflow-wrap: anywhere; }
.verdict p { margin: 10px 0 0; }
.chip { display: inline-block; max-width: 100%; overflow: hidden; text-overflow: ellipsis; vertical-align: middle; border-radius: 999px; padding: 1px 10px; font-size: .8rem; font-weight: 600; white-space: nowrap; }
.chip span { margin-right: 5px; }
.chip.passed { color: var(--passed); background: var(--passed-bg); } .chip.flaky { color: var(--flaky); background: var(--flaky-bg); }
.chip.failed { color: var(--failed); background: var(--failed-bg); } .chip.errored { color: var(--errored); background: var(--errored-bg); }
.chip.running { color: var(--running); background: var(--running-bg); } .chip.quiet { color: var(--quiet); background: var(--quiet-bg); }
.tag { border: 1px solid var(--line); border-radius: 5px; padding: 0 6px; font-size: .78rem; color: var(--soft); white-space: nowrap; }
.tag.loud { border-color: currentColor; color: var(--flaky); }
.track { display: grid; grid-template-columns: minmax(84px, max-content) 1fr max-content; gap: 5px 14px; align-items: center; margin: 0; padding: 0; list-style: none; }
.track li { display: grid; grid-column: 1 / -1; grid-template-columns: subgrid; align-items: center; }
.track .name { overflow-wrap: anywhere; } .track .sub { padding-left: 14px; color: var(--soft); }
.track .time { text-align: right; font-variant-numeric: tabular-nums; color: var(--soft); white-space: nowrap; font-size: .9em; }
.track svg { display: block; width: 100%; height: 14px; background: var(--sunk); border-radius: 4px; }
.bar-passed { fill: var(--passed); } .bar-flaky { fill: var(--flaky); } .bar-failed { fill: var(--failed); } .bar-errored { fill: var(--errored); }
.bar-running { fill: var(--running); } .bar-quiet { fill: var(--quiet); }
.head { display: flex; flex-wrap: wrap; gap: 6px 10px; align-items: center; }
.head .right { margin-left: auto; color: var(--soft); font-variant-numeric: tabular-nums; font-size: .92em; }
.why { margin: 8px 0 0; overflow-wrap: anywhere; }
details { border-top: 1px solid var(--line); }
details.test { margin: 0 -18px; padding: 0 18px; }
.tests { margin-top: 12px; }
.tests + * { margin-top: 0; padding-top: 12px; border-top: 1px solid var(--line); margin-inline: -18px; padding-inline: 18px; }
.card > details:last-child, .card > .tests:last-child { margin-bottom: -16px; }
.files { margin: 8px -18px 0; padding: 0 18px; }
summary { cursor: pointer; padding: 9px 0; display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: center; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::before { content: ""; border: solid var(--soft); border-width: 0 2px 2px 0; padding: 2.5px; transform: rotate(-45deg); margin-right: 2px; }
details[open] > summary::before { transform: rotate(45deg); }
summary .what { overflow-wrap: anywhere; flex: 1 1 200px; } summary .right { color: var(--soft); font-variant-numeric: tabular-nums; font-size: .9em; white-space: nowrap; }
.body { padding: 0 0 14px 18px; min-width: 0; }
.place { color: var(--soft); overflow-wrap: anywhere; }
pre { background: var(--sunk); border: 1px solid var(--line); border-radius: 7px; padding: 10px 12px; margin: 8px 0 0; overflow: auto; max-height: 340px; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.45; }
.plain { list-style: none; margin: 0; padding: 0; }
.rows li { padding: 5px 0; display: flex; gap: 10px; flex-wrap: wrap; align-items: baseline; border-top: 1px solid var(--line); }
.rows li:first-child { border-top: 0; }
.rows .what { overflow-wrap: anywhere; flex: 1 1 220px; } .rows .right { color: var(--soft); font-variant-numeric: tabular-nums; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(104px, 1fr)); gap: 10px; margin: 14px 0 0; padding: 0; list-style: none; }
.tiles li { background: var(--sunk); border-radius: 8px; padding: 8px 12px; }
.tiles b { display: block; font-size: 1.22rem; font-weight: 650; font-variant-numeric: tabular-nums; letter-spacing: -.01em; }
.tiles span { color: var(--soft); font-size: .82rem; }
.scroll { overflow-x: auto; margin: 0 -18px; padding: 0 18px; }
table { border-collapse: collapse; width: 100%; font-size: .93em; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: .86em; white-space: nowrap; }
th, td { padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: baseline; }
tr:last-child td { border-bottom: 0; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.wide { overflow-wrap: anywhere; min-width: 150px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 18px; margin-top: 16px; }
figure { margin: 0; min-width: 0; }
figcaption { font-size: .86rem; color: var(--soft); margin-bottom: 6px; display: flex; flex-wrap: wrap; gap: 2px 12px; }
figcaption b { color: var(--ink); font-weight: 600; }
.plot { display: grid; grid-template-columns: max-content 1fr; gap: 0 8px; font-size: .74rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.plot .y { display: flex; flex-direction: column; justify-content: space-between; text-align: right; height: 128px; line-height: 1; }
.plot svg { width: 100%; height: 128px; display: block; overflow: visible; }
.plot .x { grid-column: 2; display: flex; justify-content: space-between; margin-top: 5px; }
.grid { stroke: var(--line); stroke-width: 1; }
.curve { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.area { opacity: .16; stroke: none; }
.k1 { stroke: var(--c1); } .k2 { stroke: var(--c2); } .k3 { stroke: var(--c3); } .k4 { stroke: var(--c4); } .k5 { stroke: var(--c5); }
.f1 { fill: var(--c1); } .f2 { fill: var(--c2); } .f3 { fill: var(--c3); } .f4 { fill: var(--c4); } .f5 { fill: var(--c5); }
.errors { fill: var(--failed); }
.swatch { width: 10px; height: 10px; display: inline-block; margin-right: 7px; vertical-align: baseline; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 5px 18px; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.log { max-height: 460px; overflow: auto; padding: 8px 12px; background: var(--sunk); border: 1px solid var(--line); border-radius: 10px; font: .84em/1.5 var(--mono); }
.log ol { list-style: none; margin: 0; padding: 0; }
.log li { display: grid; grid-template-columns: 66px minmax(70px, 130px) minmax(0, 1fr); gap: 10px; }
.log time, .log .src { color: var(--soft); } .log .src { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .log .txt { white-space: pre-wrap; overflow-wrap: anywhere; }
.pictures { display: flex; flex-wrap: wrap; gap: 10px; margin-top: 12px; padding: 0; list-style: none; }
.pictures img { display: block; max-width: 240px; max-height: 150px; border: 1px solid var(--line); border-radius: 6px; background: #fff; }
.card.first { margin-top: 18px; } .runs table { table-layout: fixed; } .runs td { vertical-align: middle; } .runs th:nth-child(1) { width: 128px; } .runs th:nth-child(3) { width: 36%; } .runs th:nth-child(4), .runs th:nth-child(5) { width: 104px; } .runs .reason { color: var(--soft); font-size: .92em; display: block; } .runs .minis { display: flex; flex-wrap: wrap; gap: 4px; }
.empty { color: var(--soft); }
.sign-in { margin-top: 18px; max-width: 460px; } .sign-in p { margin: 0 0 10px; } .sign-in form { margin: 14px 0 0; } .sign-in form:first-child { margin-top: 0; } .sign-in form + p { margin-top: 18px; } .sign-in form p { display: flex; gap: 8px; flex-wrap: wrap; align-items: center; margin: 6px 0 0; } .sign-in label { color: var(--soft); font-size: .92em; } .sign-in .problem { color: var(--failed); }
button, .button { font: inherit; font-weight: 600; color: var(--card); background: var(--link); border: 1px solid transparent; border-radius: 7px; padding: 6px 14px; cursor: pointer; text-decoration: none; display: inline-block; }
button:focus-visible, input:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
input { font: inherit; color: var(--ink); background: var(--sunk); border: 1px solid var(--line); border-radius: 7px; padding: 6px 10px; flex: 1 1 200px; min-width: 0; }
.foot { color: var(--soft); font-size: .86em; margin-top: 36px; }
@media (max-width: 640px) {
  .wrap { padding: 0 14px; } .card { padding: 14px; } .scroll, details.test { margin-inline: -14px; padding-inline: 14px; } .tests + * { margin-inline: -14px; padding-inline: 14px; } .files { margin-inline: -14px; padding-inline: 14px; } .card > details:last-child, .card > .tests:last-child { margin-bottom: -14px; }
  h1 { font-size: 1.22rem; } .log li { grid-template-columns: 62px minmax(0, 1fr); } .log .src { grid-column: 2; } .log .txt { grid-column: 1 / -1; }
  .runs table, .runs tbody, .runs tr, .runs td { display: block; } .runs thead { display: none; } .runs td { border: 0; padding: 2px 0; }
  .runs tr { display: block; padding: 10px 0; border-bottom: 1px solid var(--line); } .runs tr:last-child { border: 0; }
  .runs td.n { text-align: left; }
}
@media (prefers-reduced-motion: no-preference) {
  .live::before, .bar-running { animation: pulse 1.6s ease-in-out infinite; }
  @keyframes pulse { 50% { opacity: .45; } }
}
`;
