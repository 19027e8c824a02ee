import { z } from 'zod';

/** The fields of Gitea's deliveries that we use, and no others: unknown ones are welcome, missing ones of ours are not. */

const Repository = z.object({ full_name: z.string().regex(/^[^/:]{1,100}\/[^/:]{1,100}$/) });
const Sha = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);

const PullRequest = z.object({
  number: z.int().positive(),
  title: z.string(),
  draft: z.boolean().nullish(),
  merged: z.boolean().nullish(),
  head: z.object({ sha: Sha }),
});

const From = z.object({ from: z.string() }).nullish();

export const PullRequestDelivery = z.object({
  action: z.string(),
  pull_request: PullRequest,
  repository: Repository,
  /** `ref` where another base branch was chosen. */
  changes: z.object({ title: From, ref: From }).nullish(),
});
export type PullRequestDelivery = z.infer<typeof PullRequestDelivery>;

/** Without the head, which a closed change may have lost. */
export const ClosedDelivery = z.object({
  action: z.literal('closed'),
  pull_request: z.object({ number: z.int().positive(), merged: z.boolean().nullish() }),
  repository: Repository,
});
export type ClosedDelivery = z.infer<typeof ClosedDelivery>;

export const CommentDelivery = z.object({
  action: z.string(),
  is_pull: z.boolean().nullish(),
  issue: z.object({ number: z.int().positive() }),
  comment: z.object({
    id: z.int().positive(),
    body: z.string().nullish(),
    user: z.object({ login: z.string().max(200) }).nullish(),
  }),
  repository: Repository,
});
export type CommentDelivery = z.infer<typeof CommentDelivery>;
