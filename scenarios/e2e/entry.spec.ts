import { expect, test } from '@playwright/test';

test('the entry page loads without errors in the console', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    // A missing favicon is nobody's regression.
    if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico')) errors.push(message.text());
  });

  const answer = await page.goto('/', { waitUntil: 'load' });

  expect(answer?.status(), 'status of the entry page').toBeLessThan(400);
  expect(errors, 'errors in the console').toEqual([]);
});
