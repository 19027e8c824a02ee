import { describe, expect, test } from 'vitest';
import { registrationAddress, webAddressOf } from '../../src/forge/github/app-manifest.ts';

describe('where people look, for an API', () => {
  test.each([
    ['https://api.github.com', 'https://github.com'],
    ['https://api.acme.ghe.com', 'https://acme.ghe.com'],
    ['https://github.acme.example/api/v3', 'https://github.acme.example'],
    ['https://github.acme.example/api/v3/', 'https://github.acme.example'],
    ['http://127.0.0.1:4711/api/v3', 'http://127.0.0.1:4711'],
  ])('%s', (apiUrl, web) => {
    expect(webAddressOf(apiUrl)).toBe(web);
  });

  test("a person's App and an organization's are made in different places", () => {
    expect(registrationAddress('https://api.github.com', null, 'a&b')).toBe(
      'https://github.com/settings/apps/new?state=a%26b',
    );
    expect(registrationAddress('https://git.acme.example/api/v3', 'acme', 's')).toBe(
      'https://git.acme.example/organizations/acme/settings/apps/new?state=s',
    );
  });
});
