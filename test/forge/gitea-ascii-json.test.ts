import { expect, test } from 'vitest';
import { asciiJson } from '../../src/forge/gitea/gitea-client.ts';

test.each([['ü'], ['😀'], ['\u2028…'], ['plain'], ['\\u00fc'], ['\u0000\u007f']])(
  '%j is sent as ASCII and means the same',
  (text) => {
    const sent = asciiJson({ text });

    expect(sent).toMatch(/^[\x20-\x7f]*$/);
    expect(JSON.parse(sent)).toEqual({ text });
  },
);
