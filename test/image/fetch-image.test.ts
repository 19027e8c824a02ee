import { describe, expect, test } from 'vitest';
import { imagesToFetch } from '../../src/image/fetch-image.ts';

describe('images that a Dockerfile needs from the registry in use', () => {
  test.each([
    ['FROM reg:5000/base/node:24', ['reg:5000/base/node:24']],
    [`ARG GREENROOM_REGISTRY\nFROM \${GREENROOM_REGISTRY}/base/node:24`, ['reg:5000/base/node:24']],
    ['ARG GREENROOM_REGISTRY=elsewhere\nFROM $GREENROOM_REGISTRY/a', ['reg:5000/a']],
    [
      `ARG V=24\nFROM --platform=linux/amd64 reg:5000/n:\${V} AS build\nFROM build\nCOPY --from=build /a /b`,
      ['reg:5000/n:24'],
    ],
    ['FROM scratch\nCOPY --chown=1:1 --from=reg:5000/tools:1 /a /b', ['reg:5000/tools:1']],
    ['from reg:5000/a\\\n  as x', ['reg:5000/a']],
    ['FROM scratch\nRUN --mount=type=bind,from=reg:5000/deps,target=/d true', ['reg:5000/deps']],
    ['FROM docker.io/node\nCOPY --from=0 a b', []],
    [`# FROM reg:5000/no\nFROM \${V:-reg:5000/yes}`, ['reg:5000/yes']],
  ])('%j', (dockerfile, expected) => {
    expect(imagesToFetch(dockerfile, 'reg:5000')).toEqual(expected);
  });
});
