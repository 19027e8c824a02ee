import type { LabelSelector } from './policy-objects.ts';

/** Whether a selector takes what has these labels; an empty one takes all. PURE. */
export function selects(
  { matchLabels, matchExpressions }: LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  const isEqual = Object.entries(matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return isEqual && (matchExpressions ?? []).every((expression) => holds(expression, labels[expression.key]));
}

type Expression = NonNullable<LabelSelector['matchExpressions']>[number];

function holds({ operator, values }: Expression, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && (values ?? []).includes(value);
    case 'NotIn':
      return value === undefined || !(values ?? []).includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return operator satisfies never;
  }
}
