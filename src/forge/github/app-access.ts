export type Level = 'read' | 'write';
export type Permissions = Readonly<Record<string, Level>>;

/** Without one of these Greenroom cannot do its work. */
export const neededPermissions = {
  checks: 'write',
  contents: 'read',
  // GitHub tells of comments, also of those on pull requests, only those who may read issues.
  issues: 'read',
  merge_queues: 'read',
  metadata: 'read',
  pull_requests: 'write',
} as const satisfies Permissions;

/** What else the App is made with: to hear that CI has ended, hence that an image may be there. */
export const usefulPermissions = { actions: 'read' } as const satisfies Permissions;

/** To show environments as deployments, where the operator wants that. */
export const deploymentPermissions = { deployments: 'write' } as const satisfies Permissions;

/** What Greenroom needs for what the operator wants of it. PURE. */
export function permissionsFor({ deployments }: { deployments: boolean }): Permissions {
  return { ...neededPermissions, ...(deployments ? deploymentPermissions : {}) };
}

/** Events that have to be asked for. */
export const neededEvents = ['issue_comment', 'merge_group', 'pull_request'] as const;

/** What comes with `checks: write`, whether it is asked for or not. */
export const eventsOfChecks = ['check_run', 'check_suite'] as const;

/** They end a wait for an image before its time. */
export const usefulEvents = ['repository_dispatch', 'workflow_run'] as const;

/** What `granted` lacks of `wanted`, as `checks: write`. PURE. */
export function missingPermissions(
  wanted: Permissions,
  granted: Readonly<Record<string, string | undefined>>,
): string[] {
  return Object.entries(wanted)
    .filter(([name, level]) => granted[name] !== level && granted[name] !== 'write' && granted[name] !== 'admin')
    .map(([name, level]) => `${name}: ${level}`);
}
