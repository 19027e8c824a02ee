import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A folder `<root>` with `bin/pulumi` and, beside it, `bin/pulumi-resource-kubernetes`, as links: what
 * `PulumiCommand.get({ root })` expects, and where the command line looks for its provider before anything else is asked.
 * @param found absolute paths from `ensureTools`
 */
export async function pulumiRoot(
  found: Readonly<Record<'pulumi' | 'pulumi-resource-kubernetes', string>>,
  cacheDir: string,
): Promise<string> {
  const binaries = ['pulumi', 'pulumi-resource-kubernetes'] as const;
  // Named by what it points to: two Greenrooms with different tools never change each other's folder.
  const id = createHash('sha256')
    .update(binaries.map((name) => found[name]).join('\n'))
    .digest('hex')
    .slice(0, 12);
  const root = join(cacheDir, 'toolchain', `pulumi-root-${id}`);
  const bin = join(root, 'bin');
  await mkdir(bin, { recursive: true });
  for (const name of binaries) await pointTo(join(bin, name), found[name]);
  return root;
}

async function pointTo(path: string, target: string): Promise<void> {
  if ((await readlink(path).catch(() => null)) === target) return;
  const prepared = `${path}.${randomUUID()}`;
  await symlink(target, prepared);
  try {
    await rename(prepared, path);
  } finally {
    await rm(prepared, { force: true });
  }
}
