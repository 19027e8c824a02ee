import { type Html, html } from './html.ts';

export interface Visitor {
  customer: string | null;
  basketCount: number;
}

export function money(cents: number): string {
  return `€ ${(cents / 100).toFixed(2)}`;
}

export function layout(visitor: Visitor, title: string, body: Html, query = ''): Html {
  const who = visitor.customer
    ? html`<span>Hello, ${visitor.customer}</span>
        <form method="post" action="/logout"><button class="plain">Log out</button></form>`
    : html`<a href="/login">Log in</a>`;
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>${title} · The Green Shop</title>
  <link rel="stylesheet" href="/style.css">
</head>
<body>
  <header>
    <a class="brand" href="/">The Green Shop</a>
    <form role="search" action="/search">
      <input type="search" name="q" aria-label="Search" placeholder="Search two hundred things" value="${query}">
      <button>Search</button>
    </form>
    <nav>${who} <a href="/basket">Basket (${visitor.basketCount})</a></nav>
  </header>
  <main>${body}</main>
</body>
</html>`;
}

export const style = `
:root { color-scheme: light; --green: #1f6f4a; --line: #dfe5e1; font: 16px/1.5 system-ui, "Liberation Sans", sans-serif; }
body { margin: 0; color: #1c2420; background: #f7f9f8; }
a { color: var(--green); }
header { display: flex; gap: 1.5rem; align-items: center; padding: .8rem 2rem; background: #fff; border-bottom: 1px solid var(--line); }
header form { display: flex; gap: .4rem; } header nav { margin-left: auto; display: flex; gap: 1rem; align-items: center; }
.brand { font-weight: 700; font-size: 1.2rem; text-decoration: none; }
main { max-width: 64rem; margin: 2rem auto; padding: 0 2rem; }
input { font: inherit; padding: .4rem .6rem; border: 1px solid var(--line); border-radius: .4rem; }
button, .button { font: inherit; padding: .4rem .9rem; border: 0; border-radius: .4rem; background: var(--green); color: #fff; cursor: pointer; text-decoration: none; }
button.plain { background: none; color: var(--green); padding: 0; text-decoration: underline; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 1rem; padding: 0; list-style: none; }
.card { background: #fff; border: 1px solid var(--line); border-radius: .6rem; padding: 1rem; }
.card p { margin: .3rem 0; } .price { font-weight: 600; }
table { width: 100%; border-collapse: collapse; background: #fff; } td, th { text-align: left; padding: .6rem; border-bottom: 1px solid var(--line); }
.fields { display: grid; gap: .8rem; max-width: 26rem; } .fields label { display: grid; gap: .2rem; }
.notice { padding: .8rem 1rem; border-left: 4px solid #b3261e; background: #fff; }
`;
