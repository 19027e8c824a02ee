import { describe, expect, test } from 'vitest';
import { formatImageReference, imageNameOf, parseImageReference } from '../../src/image/image-reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('an image reference', () => {
  test.each([
    ['shop/web', 'reg:5000', 'shop/web', null, null],
    ['web', 'reg:5000', 'web', null, null],
    ['web:1.2', 'reg:5000', 'web', '1.2', null],
    ['registry.example.com/shop/web:abc', 'registry.example.com', 'shop/web', 'abc', null],
    ['localhost/web', 'localhost', 'web', null, null],
    ['10.245.0.2:5000/web:1', '10.245.0.2:5000', 'web', '1', null],
    ['[::1]:5000/web', '[::1]:5000', 'web', null, null],
    [`web@${digest}`, 'reg:5000', 'web', null, digest],
    [`a.b/c/d:1@${digest}`, 'a.b', 'c/d', '1', digest],
    ['docker.io/nginx', 'registry-1.docker.io', 'library/nginx', null, null],
    ['docker.io/grafana/k6:2', 'registry-1.docker.io', 'grafana/k6', '2', null],
    ['a__b/c--d/e.f', 'reg:5000', 'a__b/c--d/e.f', null, null],
  ])('%s is taken apart', (text, registry, repository, tag, wanted) => {
    expect(parseImageReference(text, 'reg:5000')).toEqual({ registry, repository, tag, digest: wanted });
  });

  test.each([
    '',
    'Web',
    'web:',
    'web:a/b',
    'a//b',
    'web@sha256:short',
    'web@x@y',
    '-a/b',
    'a.b/',
    'we b',
    'reg.x:99/../etc',
  ])('"%s" is refused by name', (text) => {
    expect(() => parseImageReference(text, 'reg:5000')).toThrow(
      expect.objectContaining({ code: 'IMAGE_REFERENCE_INVALID', remedy: 'fix-input' }),
    );
  });

  test('is written as a kubelet reads it, and read again the same', () => {
    const reference = parseImageReference(`a.b:5000/c/d:1@${digest}`, 'other');

    expect(parseImageReference(formatImageReference(reference), 'other')).toEqual(reference);
  });

  test('has one name, with and without its tag and the host of the registry in use', () => {
    expect(imageNameOf('reg:5000/shop/web:1', 'reg:5000')).toBe(imageNameOf('shop/web', 'reg:5000'));
  });
});
