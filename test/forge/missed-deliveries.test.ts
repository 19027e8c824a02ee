import { describe, expect, test } from 'vitest';
import { type DeliveryAttempt, missedDeliveries } from '../../src/forge/github/missed-deliveries.ts';

const minute = 60_000;
const now = 100 * 24 * 60 * minute;
let id = 0;

function attempt(guid: string, minutesAgo: number, overrides: Partial<DeliveryAttempt> = {}): DeliveryAttempt {
  id += 1;
  const answer = { statusCode: 502, said: 'failed to connect to host', seconds: 1 };
  return { id: `${id}`, guid, event: 'pull_request', at: now - minutesAgo * minute, ...answer, ...overrides };
}

function missed(attempts: DeliveryAttempt[], ...accepted: string[]): string[] {
  return missedDeliveries(attempts, new Set(accepted), now).map(({ guid }) => guid);
}

describe('a delivery is asked for again', () => {
  test.each([
    ['when nobody answered', [attempt('a', 2)], ['a']],
    ['when it was refused, for a secret may have been wrong', [attempt('a', 2, { statusCode: 401 })], ['a']],
    ['when it got no status at all', [attempt('a', 2, { statusCode: 0 })], ['a']],
    ['not when it was answered', [attempt('a', 2, { statusCode: 202 })], []],
    [
      'not when one attempt of several was',
      [attempt('a', 60), attempt('a', 9, { statusCode: 202 }), attempt('a', 8)],
      [],
    ],
    ['not at once, for it may still be on its way', [attempt('a', 0.5)], []],
    ['after a growing pause', [attempt('a', 20), attempt('a', 4)], []],
    ['once that pause is over', [attempt('a', 20), attempt('a', 6)], ['a']],
    ['not for ever', [900, 800, 700, 600, 550, 500].map((ago) => attempt('a', ago)), []],
    ['not when GitHub has forgotten it', [attempt('a', 3 * 24 * 60 + 1)], []],
  ])('%s', (_, attempts, expected) => {
    expect(missed(attempts)).toEqual(expected);
  });

  test('not when it was written down, whatever GitHub saw of the answer', () => {
    expect(missed([attempt('a', 2, { statusCode: 504 }), attempt('b', 2)], 'a')).toEqual(['b']);
  });

  test('by its newest attempt', () => {
    const attempts = [attempt('a', 6), attempt('a', 20)];

    expect(missedDeliveries(attempts, new Set(), now)).toEqual([attempts[0]]);
  });

  test('words and presses of people first, then the oldest', () => {
    const attempts = [
      attempt('opened', 9),
      attempt('moved', 5),
      attempt('comment', 3, { event: 'issue_comment' }),
      attempt('press', 4, { event: 'check_run' }),
    ];

    expect(missed(attempts)).toEqual(['press', 'comment', 'opened', 'moved']);
  });
});
