import { createRequire } from 'node:module';
import type { BrowserType } from '@playwright/test';
import { launchArguments, type WrapOptions } from './wrap-config.ts';

const require = createRequire(import.meta.url);
const mostMs = 20_000;

/**
 * Opens a page in the process that will, as its tests will: the browser's files come into the page cache and Playwright's own code is compiled
 * while the application still comes up. Only speed depends on it (docs/decisions/0064), so whatever goes wrong is left to the tests.
 */
export async function warmUp({ playwright, chromium: executablePath }: WrapOptions): Promise<void> {
  const { chromium } = require(playwright) as { chromium: BrowserType };
  const browser = await chromium.launch({ executablePath, args: launchArguments, timeout: mostMs });
  try {
    const context = await browser.newContext();
    await context.tracing.start({ screenshots: true, snapshots: true });
    const page = await context.newPage();
    await page.goto('about:blank', { timeout: mostMs });
  } finally {
    await browser.close();
  }
}
