import { RunError } from '../errors.ts';
import { buildMemory } from './build-pod.ts';

/** A Dockerfile that does not build is a red result of the change, not an error of ours: data, to be shown as it is. */
export interface BuildFailure {
  /** The image's name in `greenroom.yaml`. */
  image: string;
  class: 'product';
  code: 'BUILD_FAILED';
  message: string;
  remedy: string;
  /** The step that failed, then the last lines that it printed. */
  evidence: string[];
}

export interface FinishedStep {
  image: string;
  dockerfile: string;
  exitCode: number;
  /** What buildah and the steps printed, at least the last lines. */
  lines: string[];
}

const evidenceLines = 30;
/** The registry or the way to it, whichever step asked: nothing that the change's author could cure. */
const unreachable =
  /connection refused|connection reset|i\/o timeout|no such host|no route to host|TLS handshake|x509:|unexpected EOF|received unexpected HTTP status: 5|toomanyrequests|no space left on device/i;

/** A base image that the registry answers for, but does not have or does not give. */
const notThere = /manifest unknown|name unknown|not found|unauthorized|denied|authentication required/i;

/**
 * What a `buildah build-using-dockerfile` that ended with a non-zero code means.
 * @throws RunError BUILD_NOT_POSSIBLE (retry) when the registry, not the Dockerfile, was in the way; IMAGE_MISSING (retry) for a base image that is
 *   not there: whether the line is wrong or nobody pushed it yet, only a person can say
 */
export function judgeBuild({ image, dockerfile, exitCode, lines }: FinishedStep): BuildFailure {
  const error = lines.findLast((line) => /^Error: /.test(line)) ?? `it ended with exit code ${exitCode}`;
  const step = lines.findLast((line) => /^(?:\[\d+\/\d+\] )?STEP \d+\/\d+:/.test(line));
  // Only what buildah itself says about fetching counts: a RUN step that finds no host says so in lines of its own.
  const fetching = /^Error: (?:creating build container|initializing source|pinging|reading (?:manifest|blob))/.test(
    error,
  );
  if ((fetching && unreachable.test(error)) || /no space left on device/.test(error)) {
    throw new RunError(`building the image "${image}"`, {
      code: 'BUILD_NOT_POSSIBLE',
      remedy: 'retry',
      hint: 'The registry of a base image, or the space for the build, was not there.',
      evidence: lines.slice(-evidenceLines),
    });
  }
  if (fetching && notThere.test(error)) throw baseImageMissing(image, dockerfile, step, lines);
  const place = step === undefined ? dockerfile : `${dockerfile}, ${step.slice(0, 200)}`;
  return {
    image,
    class: 'product',
    code: 'BUILD_FAILED',
    message: `The image "${image}" does not build (${place})`,
    remedy: `Make "${dockerfile}" build: ${error.replace(/^Error: /, '').slice(0, 300)}`,
    evidence: [...(step === undefined ? [] : [step]), ...lines.slice(-evidenceLines)],
  };
}

function baseImageMissing(image: string, dockerfile: string, step: string | undefined, lines: string[]): RunError {
  const base = /\bFROM\s+(?:--\S+\s+)*(\S+)/i.exec(step ?? '')?.[1] ?? 'a base image';
  return new RunError(`fetching the base image "${base.slice(0, 300)}" of the image "${image}" (${dockerfile})`, {
    code: 'IMAGE_MISSING',
    remedy: 'retry',
    hint: 'The registry does not have it, or does not give it to Greenroom: push it, let Greenroom read it, or correct the FROM line.',
    evidence: lines.slice(-evidenceLines),
  });
}

/** A step that took all the memory that a build gets ends the whole container. */
export function outOfMemory(image: string, dockerfile: string, lines: string[]): BuildFailure {
  return {
    image,
    class: 'product',
    code: 'BUILD_FAILED',
    message: `The image "${image}" does not build (${dockerfile}): it needs more memory than the ${buildMemory} of a build`,
    remedy: 'Make the build need less memory, or build the image in your own CI and use `from: wait`.',
    evidence: lines.slice(-evidenceLines),
  };
}
