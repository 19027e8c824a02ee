import { z } from 'zod';

/** The fields of GitHub's deliveries that we use, and no others: unknown ones are welcome, missing ones of ours are not. */

const Repository = z.object({ full_name: z.string().max(300) });
const Sender = z.object({ login: z.string().max(200) });
const Sha = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);

const PullRequest = z.object({
  number: z.int().positive(),
  draft: z.boolean().nullish(),
  merged: z.boolean().nullish(),
  head: z.object({ sha: Sha }),
});

export const PullRequestDelivery = z.object({
  action: z.string(),
  pull_request: PullRequest,
  repository: Repository,
  changes: z.object({ base: z.object({}).optional() }).optional(),
});
export type PullRequestDelivery = z.infer<typeof PullRequestDelivery>;

export const IssueCommentDelivery = z.object({
  action: z.string(),
  issue: z.object({ number: z.int().positive(), pull_request: z.object({}).nullish() }),
  comment: z.object({
    id: z.int().positive(),
    body: z.string().nullish(),
    user: z.object({ login: z.string().max(200), type: z.string().nullish() }).nullish(),
  }),
  repository: Repository,
});
export type IssueCommentDelivery = z.infer<typeof IssueCommentDelivery>;

export const MergeGroupDelivery = z.object({
  action: z.string(),
  reason: z.string().max(100).nullish(),
  merge_group: z.object({ head_sha: Sha, head_ref: z.string().max(1000).startsWith('refs/heads/'), base_sha: Sha }),
  repository: Repository,
});
export type MergeGroupDelivery = z.infer<typeof MergeGroupDelivery>;

/** A button at one of our checks; GitHub tells only the App whose check it is. */
export const PressDelivery = z.object({
  action: z.literal('requested_action'),
  check_run: z.object({ head_sha: Sha, external_id: z.string().max(100).nullish() }),
  requested_action: z.object({ identifier: z.string().max(20) }),
  repository: Repository,
  sender: Sender,
});
export type PressDelivery = z.infer<typeof PressDelivery>;

/** What GitHub, or the repository's own CI, says of work that may have pushed an image. */
export const WorkDelivery = z.object({ action: z.string(), repository: Repository.nullish() });
export type WorkDelivery = z.infer<typeof WorkDelivery>;

export const InstallationDelivery = z.object({ action: z.string() });

/** `check_run` and `check_suite` ask for the same in two shapes. */
export const RerequestDelivery = z.object({
  action: z.string(),
  check_run: z.object({ head_sha: Sha }).optional(),
  check_suite: z.object({ head_sha: Sha }).optional(),
  repository: Repository,
  sender: Sender,
});
export type RerequestDelivery = z.infer<typeof RerequestDelivery>;
