import { expect, test } from '@playwright/test';

test('a customer logs in and is known at the checkout', async ({ page }) => {
  await page.goto('/login');
  await page.getByLabel('Name').fill('Ada Lovelace');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByText('Hello, Ada Lovelace')).toBeVisible();

  await page.goto('/products/linen-cushion');
  await page.getByRole('button', { name: 'Add to basket' }).click();
  await page.getByRole('link', { name: 'Check out' }).click();

  await expect(page.getByLabel('Name')).toHaveValue('Ada Lovelace');
});
