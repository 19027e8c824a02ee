import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import { type Census, expectCensus, firstCensus } from './census.ts';
import type { FaultChange } from './fault-change.ts';
import { FaultStand } from './fault-stand.ts';
import { until } from './until.ts';

/** What `serve` wants to see free, and some more. */
const diskMegabytes = 640;
const mostChanges = 200;

let stand: FaultStand;
let before: Census;
let disk: string;

beforeAll(async () => {
  stand = await FaultStand.open({
    async furnish({ dataDir }) {
      disk = dataDir;
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMegabytes}m`, 'tmpfs', disk]);
    },
  });
  before = await firstCensus(stand);
});

afterAll(async () => {
  await stand?.stopServes();
  if (disk !== undefined) execFileSync('umount', [disk]);
  await stand?.close();
});

describe('the disk of the data folder is full', () => {
  test('nothing accepted is lost, deliveries get a 5xx, and their redelivery heals it', async () => {
    // Without a greenroom.yaml a change is concluded and needs no environment.
    const repository = await stand.repository({ 'README.md': '# Nothing to deploy\n' });
    const early = await stand.openChangeIn(repository);
    const ballast = fillDisk();
    const changes = [early, ...(await openUntilRefused(repository))];
    rmSync(ballast);
    await stand.serve.kill();
    await stand.serve.start();
    for (const { guid, statusCode } of [...stand.github.deliveries]) {
      if (statusCode !== 202) await stand.github.redeliver(guid);
    }

    const statuses = stand.github.deliveries.map(({ statusCode }) => statusCode);
    expect(new Set(statuses)).toEqual(new Set([202, 503]));
    for (const change of changes) await isConcluded(change);
    await expectCensus(stand, before);
    stand.github.assertClean();
  });
});

/** A store writes into room that it took before for a while: changes are opened until one delivery is refused. */
async function openUntilRefused(repository: StandInRepository): Promise<FaultChange[]> {
  const changes: FaultChange[] = [];
  while (changes.length < mostChanges) {
    changes.push(await stand.openChangeIn(repository));
    if (stand.github.deliveries.at(-1)?.statusCode !== 202) return changes;
  }
  throw new Error(`${mostChanges} deliveries were accepted on a full disk`);
}

function fillDisk(): string {
  const path = join(disk, 'ballast');
  const file = openSync(path, 'w');
  const block = Buffer.alloc(1024 * 1024, 1);
  try {
    for (let size = block.length; size >= 1; ) {
      try {
        writeSync(file, block, 0, size);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        size = Math.floor(size / 2);
      }
    }
  } finally {
    closeSync(file);
  }
  return path;
}

async function isConcluded({ repository, head, number }: FaultChange): Promise<void> {
  await until(
    `#${number} is concluded`,
    async () => {
      const own = repository.checksOf(head).filter((check) => check.name === 'greenroom');
      return own.length > 0 && own.every((check) => check.conclusion === 'neutral');
    },
    180_000,
  );
}
