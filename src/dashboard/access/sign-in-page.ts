import type { Page } from '../layout.ts';
import { html, type Markup } from '../markup.ts';
import type { Access } from './access.ts';
import type { Person } from './readers.ts';
import type { Visitor } from './visitor.ts';

export interface SignInView {
  access: Pick<Access, 'forges' | 'hasToken'>;
  visitor: Visitor;
  /** Where to go on afterwards. */
  next: string;
  problem: string | null;
}

const names: Record<Person['forge'], string> = { github: 'GitHub', gitea: 'Gitea' };

export function signInPage({ access, visitor, next, problem }: SignInView): Page {
  const { forges, hasToken } = access;
  const query = next === '/' ? '' : `?next=${encodeURIComponent(next)}`;
  return {
    title: 'Sign in · Greenroom',
    sections: [
      html`<section><h1>Sign in</h1><div class="card sign-in">
${problem !== null && html`<p class="problem" role="alert">${problem}</p>`}
${whoIs(visitor)}
${forges.length + Number(hasToken) === 0 && closed}
${forges.map(({ forge }) => html`<p><a class="button" href="/sign-in/${forge}${query}">Sign in with ${names[forge]}</a></p>`)}
${hasToken && html`<form method="post" action="/sign-in${query}"><label for="token">${forges.length > 0 ? 'Or with' : 'With'} the operator's token</label><p><input id="token" name="token" type="password" autocomplete="current-password" required> <button>Sign in</button></p></form>`}
</div><p class="foot">What Greenroom knows of a private repository is shown to those who may read it there.</p></section>`,
    ],
    live: null,
  };
}

const closed = html`<p>This Greenroom shows public repositories alone. Its operator lets others in by <code>GREENROOM_DASHBOARD_TOKEN</code>, or by the client id and secret of its GitHub App.</p>`;

function whoIs(visitor: Visitor): Markup | false {
  if (visitor.kind === 'stranger') return false;
  const who = visitor.kind === 'operator' ? 'the operator' : `${visitor.login} (${names[visitor.forge]})`;
  return html`<form method="post" action="/sign-out"><p>You are signed in as ${who}. <button>Sign out</button></p></form>`;
}
