import { describe, expect, test } from 'vitest';
import { judgeBuild } from '../../src/image/build-outcome.ts';

const judge = (...lines: string[]) => judgeBuild({ image: 'shop/web', dockerfile: 'Dockerfile', exitCode: 125, lines });

describe('a build that did not end well', () => {
  test.each([
    [
      'a RUN that fails',
      ['STEP 3/4: RUN npm test', '1 failing', 'Error: building at STEP "RUN npm test": exit status 1'],
    ],
    [
      'a file that is not there',
      ['STEP 2/2: COPY x y', 'Error: building at STEP "COPY x y": no such file or directory'],
    ],
    ['a word that is none', ['Error: parsing Dockerfile: unknown instruction: "FORM"']],
    [
      'a RUN that is denied something',
      ['STEP 2/2: RUN cat x', 'Error: building at STEP "RUN cat x": permission denied'],
    ],
    [
      'a RUN that finds no host',
      [
        'STEP 2/2: RUN curl x',
        'dial tcp: lookup x: no such host',
        'Error: building at STEP "RUN curl x": exit status 6',
      ],
    ],
  ])('by %s is a red result of the change', (_, lines) => {
    const failure = judge(...lines);

    expect(failure).toMatchObject({ class: 'product', code: 'BUILD_FAILED', image: 'shop/web' });
    expect(failure.evidence).toEqual(expect.arrayContaining(lines));
  });

  test('names the step', () => {
    expect(judge('STEP 1/2: FROM a', 'STEP 2/2: RUN false', 'Error: building').message).toContain(
      'STEP 2/2: RUN false',
    );
  });

  test('shows a bounded number of lines, the last ones', () => {
    const failure = judge(...Array.from({ length: 500 }, (_, index) => `line ${index}`));

    expect(failure.evidence).toHaveLength(30);
    expect(failure.evidence.at(-1)).toBe('line 499');
  });

  test.each([
    'Error: creating build container: initializing source docker://r/none:1: reading manifest 1 in r/none: manifest unknown',
    'Error: creating build container: reading manifest 1 in r/none: name unknown: repository not found',
    'Error: creating build container: initializing source docker://r/none:1: reading manifest 1 in r/none: unauthorized',
  ])('by a base image that is not there blames nobody, and names it: %s', (line) => {
    expect(() => judge('STEP 1/2: FROM --platform=linux/amd64 r/none:1 AS base', line)).toThrow(
      expect.objectContaining({
        code: 'IMAGE_MISSING',
        remedy: 'retry',
        message: expect.stringContaining('"r/none:1"'),
      }),
    );
  });

  test.each([
    'Error: creating build container: pinging container registry r: dial tcp 1.2.3.4:443: connect: connection refused',
    'Error: creating build container: initializing source docker://r/x: i/o timeout',
    'Error: building at STEP "COPY . .": write /work/storage: no space left on device',
  ])('because of something else than the change is an error: %s', (line) => {
    expect(() => judge('STEP 1/2: FROM x', line)).toThrow(
      expect.objectContaining({ code: 'BUILD_NOT_POSSIBLE', remedy: 'retry' }),
    );
  });
});
