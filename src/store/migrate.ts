import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { RunError } from '../errors.ts';
import { up as tables } from './migrations/0001-tables.ts';
import { up as pulumiState } from './migrations/0002-pulumi-state.ts';
import { up as admission } from './migrations/0003-admission.ts';
import { up as deadlines } from './migrations/0004-deadlines.ts';
import { up as escalation } from './migrations/0005-escalation.ts';
import { up as oneComment } from './migrations/0006-one-comment.ts';
import { up as said } from './migrations/0007-said.ts';
import { up as looks } from './migrations/0008-looks.ts';
import { up as checksOfChanges } from './migrations/0009-checks-of-changes.ts';
import { up as mergeQueue } from './migrations/0010-merge-queue.ts';
import { up as kindsOfApproval } from './migrations/0011-kinds-of-approval.ts';
import { up as deployments } from './migrations/0012-deployments.ts';
import { up as refusals } from './migrations/0013-refusals.ts';
import { schema } from './tables.ts';

/** In order; a released migration is never edited. */
const migrations: Record<string, Migration> = {
  '0001-tables': { up: tables },
  '0002-pulumi-state': { up: pulumiState },
  '0003-admission': { up: admission },
  '0004-deadlines': { up: deadlines },
  '0005-escalation': { up: escalation },
  '0006-one-comment': { up: oneComment },
  '0007-said': { up: said },
  '0008-looks': { up: looks },
  '0009-checks-of-changes': { up: checksOfChanges },
  '0010-merge-queue': { up: mergeQueue },
  '0011-kinds-of-approval': { up: kindsOfApproval },
  '0012-deployments': { up: deployments },
  '0013-refusals': { up: refusals },
};

/**
 * Brings the schema to the newest version. Replicas that start together wait for one another (advisory lock).
 * @throws RunError STORE_MIGRATION, also when a newer Greenroom has already migrated this database
 */
export async function migrate<T>(db: Kysely<T>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    migrationTableSchema: schema,
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  throw new RunError('bringing the tables up to date', {
    code: 'STORE_MIGRATION',
    remedy: 'fix-input',
    hint: 'Start the Greenroom that last used this data, or a newer one.',
    cause: error,
  });
}
