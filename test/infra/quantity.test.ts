import { expect, test } from 'vitest';
import { bytesOf, millicoresOf, quantityOf } from '../../infra/quantity.ts';

test.each([
  ['250m', 0.25],
  ['1.5', 1.5],
  ['4', 4],
  ['256Mi', 268_435_456],
  ['4Gi', 4_294_967_296],
  ['1k', 1000],
  ['5T', 5e12],
])('%s is %d', (text, expected) => {
  expect(quantityOf(text)).toBeCloseTo(expected);
});

test('what is no quantity is not taken for one', () => {
  expect(quantityOf('lots')).toBeNaN();
  expect(quantityOf('1e3')).toBeNaN();
});

test('units are in the names', () => {
  expect(millicoresOf('0.1')).toBe(100);
  expect(bytesOf('1Ki')).toBe(1024);
});
