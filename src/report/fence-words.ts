import type { Run } from '../run/run.ts';
import type { Warning } from './report-context.ts';

type Told = Pick<Run, 'trusted' | 'document'>;

/** What readers must know where the fences around a run's environment were paper, or nobody knows; null: nothing. PURE. */
export function fenceWords({ trusted, document }: Told): string | null {
  const { networkPolicies } = document;
  if (networkPolicies === undefined || networkPolicies.enforced === 'yes') return null;
  const { enforced, detail } = networkPolicies;
  const whose = trusted ? 'What ran here' : "A stranger's code";
  return enforced === 'no'
    ? `${whose} was not fenced in: this cluster does not enforce NetworkPolicies (${detail}).`
    : `${whose} was perhaps not fenced in: it is not known whether this cluster enforces NetworkPolicies (${detail}).`;
}

/** Of a change from a fork nobody may miss it. PURE. */
export function fenceWarning(run: Told): Warning | null {
  const text = run.trusted ? null : fenceWords(run);
  if (text === null) return null;
  return { title: run.document.networkPolicies?.enforced === 'no' ? 'Not fenced in' : 'Perhaps not fenced in', text };
}
