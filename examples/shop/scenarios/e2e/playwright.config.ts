import { env } from 'node:process';
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  fullyParallel: true,
  timeout: 30_000,
  use: {
    baseURL: env.BASE_URL ?? 'http://localhost:8080',
    trace: 'retain-on-failure',
    // By hand: CHROMIUM=/usr/bin/chromium, or Playwright's own download.
    ...(env.CHROMIUM ? { launchOptions: { executablePath: env.CHROMIUM, args: ['--no-sandbox'] } } : {}),
  },
});
