import { expect, test } from 'vitest';
import { allocatableOf, lessPods, type NodeObject } from '../../src/environment/cluster-room.ts';

const node = (more: Partial<NodeObject> = {}): NodeObject => ({
  status: {
    allocatable: { cpu: '3920m', memory: '16Gi', pods: '110' },
    conditions: [{ type: 'Ready', status: 'True' }],
  },
  ...more,
});
const whole = { millicores: 3920, bytes: 16 * 1024 ** 3, pods: 110 };
const none = { millicores: 0, bytes: 0, pods: 0 };

test.each<[string, NodeObject, object]>([
  ['a node that is ready counts', node(), whole],
  ['one that is cordoned does not', node({ spec: { unschedulable: true } }), none],
  ['one that is tainted does not', node({ spec: { taints: [{ effect: 'NoSchedule' }] } }), none],
  ['one that only prefers others does', node({ spec: { taints: [{ effect: 'PreferNoSchedule' }] } }), whole],
  ['one that is not ready does not', node({ status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }), none],
])('%s', (_, one, room) => {
  expect(allocatableOf([one])).toEqual(room);
});

test("other people's pods take what they ask for, once they have a node", () => {
  const containers = [{ resources: { requests: { cpu: '100m', memory: '1Gi' } } }, {}];
  const pods = [
    { metadata: {}, spec: { nodeName: 'a', containers } },
    { metadata: {}, spec: { containers } },
  ];

  expect(lessPods(whole, pods)).toEqual({ millicores: 3820, bytes: 15 * 1024 ** 3, pods: 109 });
  expect(lessPods(none, pods)).toEqual(none);
});
