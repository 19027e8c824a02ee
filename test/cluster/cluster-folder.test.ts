import { expect, test } from 'vitest';
import { clusterFolder, linkName } from '../../src/cluster/cluster-folder.ts';

test('clusters of other folders or names have other ids, the same one always the same', () => {
  const ids = [clusterFolder('/data', 'one'), clusterFolder('/data', 'two'), clusterFolder('/other', 'one')].map(
    (folder) => folder.id,
  );

  expect(new Set(ids).size).toBe(3);
  expect(clusterFolder('/data/./', 'one').id).toBe(ids[0]);
});

test('the name of the link fits into the 15 characters that the kernel allows', () => {
  const { id } = clusterFolder('/data', 'a-name-of-thirty-two-characters1');

  expect(linkName(id).length).toBeLessThanOrEqual(15);
});

test.each(['', 'Up', '../up', 'a b', '-a', 'a-', 'a'.repeat(33)])('the name "%s" is refused', (name) => {
  expect(() => clusterFolder('/data', name)).toThrow(
    expect.objectContaining({ code: 'CLUSTER_NAME', remedy: 'fix-input' }),
  );
});
