import type { ForgeName } from '../event/event.ts';
import type { Conclusion } from './forge.ts';

/**
 * What a forge has for Greenroom's words, and what stands in for what it lacks. Adapters take their bounds and substitutes from here;
 * docs/forges.md shows it as a table, which a test compares.
 */
export interface Capabilities {
  /** What carries a check. */
  checks: string;
  /** How each conclusion is shown. */
  conclusions: Readonly<Record<Conclusion, string>>;
  /** Of a check's title. */
  titleBytes: number;
  /** Of a check's summary and of its text; 0: there is room for neither. */
  reportBytes: number;
  /** Of a comment. */
  commentBytes: number;
  annotations: boolean;
  /** A check can be asked for again where it is shown. */
  rerun: boolean;
  /** A check can offer more than that. */
  buttons: boolean;
  /** Changes can wait in a queue, in which each is tested on top of those before it. */
  mergeQueue: boolean;
  /** It shows environments, beside the comment. */
  deployments: boolean;
  /** It tells of images that the repository's CI has pushed. */
  tellsOfImages: boolean;
  /** Nobody but Greenroom can set its checks. */
  ownChecks: boolean;
  reactions: boolean;
  /** Triage and maintain, beside read, write and admin. */
  finePermissions: boolean;
  /** What somebody may do by being in a team is part of what the forge says of them. */
  teamPermissions: boolean;
  /** The forge itself says that a comment is a machine's. */
  knowsBots: boolean;
  /** It says how many requests it still takes. */
  tellsOfQuota: boolean;
  /** Who we are to the forge. */
  identity: string;
}

export const capabilities: Readonly<Record<ForgeName, Capabilities>> = {
  github: {
    checks: 'check runs',
    conclusions: {
      success: 'success',
      failure: 'failure',
      neutral: 'neutral',
      cancelled: 'cancelled',
      action_required: 'action_required',
    },
    titleBytes: 255,
    reportBytes: 65_535,
    commentBytes: 65_536,
    annotations: true,
    rerun: true,
    buttons: true,
    mergeQueue: true,
    deployments: true,
    tellsOfImages: true,
    ownChecks: true,
    reactions: true,
    finePermissions: true,
    teamPermissions: true,
    knowsBots: true,
    tellsOfQuota: true,
    identity: 'a GitHub App',
  },
  gitea: {
    checks: 'commit statuses',
    conclusions: {
      success: 'success',
      failure: 'failure',
      neutral: 'success',
      cancelled: 'error',
      action_required: 'failure',
    },
    titleBytes: 255,
    reportBytes: 0,
    commentBytes: 65_536,
    annotations: false,
    rerun: false,
    buttons: false,
    mergeQueue: false,
    deployments: false,
    tellsOfImages: false,
    ownChecks: false,
    reactions: true,
    finePermissions: false,
    teamPermissions: false,
    knowsBots: false,
    tellsOfQuota: false,
    identity: "a user's token",
  },
};
