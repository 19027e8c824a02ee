import { expect, test } from '@playwright/test';

test('a product goes into the basket, twice, and out again', async ({ page }) => {
  await page.goto('/products/copper-teapot');
  await page.getByRole('button', { name: 'Add to basket' }).click();
  await expect(page.getByRole('link', { name: 'Basket (1)' })).toBeVisible();

  await page.goto('/products/copper-teapot');
  await page.getByRole('button', { name: 'Add to basket' }).click();
  await expect(page.getByRole('row', { name: /Copper teapot/ })).toContainText('2');

  await page.getByRole('button', { name: 'Remove Copper teapot' }).click();
  await expect(page.getByText('Your basket is empty.')).toBeVisible();
});
