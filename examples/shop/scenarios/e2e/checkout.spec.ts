import { expect, test } from '@playwright/test';

test('a visitor buys two things', async ({ page }) => {
  for (const product of ['oak-bookshelf', 'amber-notebook']) {
    await page.goto(`/products/${product}`);
    await page.getByRole('button', { name: 'Add to basket' }).click();
  }
  await page.getByRole('link', { name: 'Check out' }).click();
  await page.getByLabel('Name').fill('Grace Hopper');
  await page.getByLabel('Address').fill('1 Compiler Road, Arlington');
  await page.getByRole('button', { name: 'Place order' }).click();

  await expect(page.getByRole('heading', { name: 'Thank you, Grace Hopper' })).toBeVisible();
  await expect(page.getByTestId('order-id')).toHaveText(/^[0-9a-f-]{36}$/);
  await expect(page.getByText('1 × Oak bookshelf')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Basket (0)' })).toBeVisible();
});
