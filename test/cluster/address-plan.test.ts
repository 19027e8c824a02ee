import { describe, expect, test } from 'vitest';
import { addressPlan, chooseAddressPlan, isFree } from '../../src/cluster/address-plan.ts';

const firstId = '00000000';

test('one block is divided into link, services and pods that do not overlap', () => {
  const plan = addressPlan('10.248.16.0/20');

  expect(plan).toEqual({
    block: '10.248.16.0/20',
    hostAddress: '10.248.16.1',
    nodeAddress: '10.248.16.2',
    linkPrefix: 30,
    serviceNetwork: '10.248.20.0/22',
    apiServiceAddress: '10.248.20.1',
    dnsAddress: '10.248.20.10',
    podNetwork: '10.248.24.0/21',
  });
});

describe('a block is', () => {
  test.each([
    ['free on a machine without networks', [], true],
    ['free beside a neighbour', ['10.248.32.0/20', '10.248.15.255'], true],
    ['taken by a single address in it', ['10.248.31.255'], false],
    ['taken by a network in it', ['10.248.20.0/24'], false],
    ['taken by a network around it', ['10.0.0.0/8'], false],
    ['free in spite of a default route in two halves', ['0.0.0.0/1', '128.0.0.0/1'], true],
  ])('%s', (_title, taken, expected) => {
    const free = isFree('10.248.16.0/20', taken);

    expect(free).toBe(expected);
  });
});

describe('the block that is chosen', () => {
  test.each([
    ['begins where the id says', firstId, [], '10.248.0.0/20'],
    ['differs from id to id', '00000003', [], '10.248.48.0/20'],
    ['is the next free one', firstId, ['10.248.0.0/30', '10.248.16.0/22'], '10.248.32.0/20'],
    ['goes round at the end of its range', '0000003f', ['10.251.240.0/20'], '10.248.0.0/20'],
    ['leaves a range that somebody routes as a whole', firstId, ['10.0.0.0/8'], '172.28.0.0/20'],
    [
      'is in the benchmark range when all private ones are taken',
      firstId,
      ['10.0.0.0/8', '172.16.0.0/12'],
      '198.18.0.0/20',
    ],
  ])('%s', (_title, id, taken, expected) => {
    const plan = chooseAddressPlan(id, taken);

    expect(plan?.block).toBe(expected);
  });

  test('is none when every range is taken', () => {
    const plan = chooseAddressPlan(firstId, ['10.0.0.0/8', '172.16.0.0/12', '198.18.0.0/15']);

    expect(plan).toBeNull();
  });
});
