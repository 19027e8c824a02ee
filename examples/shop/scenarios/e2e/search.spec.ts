import { expect, test } from '@playwright/test';

test('search finds a product by the beginning of its name', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('searchbox', { name: 'Search' }).fill('walnut lam');
  await page.getByRole('button', { name: 'Search' }).click();

  await expect(page.getByRole('status')).toHaveText('2 products');
  await page.getByRole('link', { name: 'Walnut desk lamp' }).click();

  await expect(page.getByRole('heading', { name: 'Walnut desk lamp' })).toBeVisible();
  await expect(page.getByText('In stock')).toBeVisible();
});

test('a search without results says so', async ({ page }) => {
  await page.goto('/search?q=zeppelin');

  await expect(page.getByRole('status')).toHaveText('0 products');
});
